"""Namespaces and workgroups: databases of the warehouse server."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from tests.local_aws.redshift_warehouse import create_warehouse


def databases(dsn: str) -> set[str]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def test_namespace_creates_and_drops_its_database(aws: Callable, postgres_dsn: str) -> None:
    client = aws("redshift-serverless")
    namespace = client.create_namespace(namespaceName="short-lived", dbName="short_lived")["namespace"]
    assert namespace["status"] == "AVAILABLE"
    assert "short_lived" in databases(postgres_dsn)
    client.delete_namespace(namespaceName="short-lived")
    assert "short_lived" not in databases(postgres_dsn)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_namespace(namespaceName="short-lived")


def test_database_that_was_there_outlives_the_namespace(aws: Callable, postgres_dsn: str) -> None:
    with closing(psycopg2.connect(postgres_dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("CREATE DATABASE older")
    client = aws("redshift-serverless")
    client.create_namespace(namespaceName="newer", dbName="older")
    client.delete_namespace(namespaceName="newer")
    assert "older" in databases(postgres_dsn)


def test_workgroup_endpoint_is_the_warehouse_server(aws: Callable, postgres_dsn: str) -> None:
    client = aws("redshift-serverless")
    client.create_namespace(namespaceName="served", dbName="served")
    workgroup = client.create_workgroup(workgroupName="served", namespaceName="served", baseCapacity=8)["workgroup"]
    assert str(workgroup["endpoint"]["port"]) == parse_dsn(postgres_dsn)["port"]
    assert client.get_workgroup(workgroupName="served")["workgroup"]["baseCapacity"] == 8
    with pytest.raises(client.exceptions.ConflictException, match="delete it first"):
        client.delete_namespace(namespaceName="served")
    credentials = client.get_credentials(workgroupName="served")
    place = {"dbname": "served", "user": credentials["dbUser"], "password": credentials["dbPassword"]}
    with closing(psycopg2.connect(postgres_dsn, **place)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_managed_password_is_in_a_secret_and_opens_the_database(aws: Callable, postgres_dsn: str) -> None:
    namespace = aws("redshift-serverless").create_namespace(
        namespaceName="managed", dbName="managed", adminUsername="managed_admin", manageAdminPassword=True
    )["namespace"]
    secret = aws("secretsmanager").get_secret_value(SecretId=namespace["adminPasswordSecretArn"])
    credentials = json.loads(secret["SecretString"])
    assert secret["Name"] == "redshift!managed-managed_admin"
    place = {"dbname": "managed", "user": credentials["username"], "password": credentials["password"]}
    with closing(psycopg2.connect(postgres_dsn, **place)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA mine; SELECT current_user")
        assert cursor.fetchone() == ("managed_admin",)


def test_tags_are_kept(aws: Callable) -> None:
    client = aws("redshift-serverless")
    namespace = client.create_namespace(
        namespaceName="tagged", dbName="tagged", tags=[{"key": "team", "value": "data"}]
    )["namespace"]
    client.tag_resource(resourceArn=namespace["namespaceArn"], tags=[{"key": "stage", "value": "test"}])
    client.untag_resource(resourceArn=namespace["namespaceArn"], tagKeys=["team"])
    assert client.list_tags_for_resource(resourceArn=namespace["namespaceArn"])["tags"] == [
        {"key": "stage", "value": "test"}
    ]


def test_parameter_without_effect_is_refused(aws: Callable) -> None:
    client = aws("redshift-serverless")
    with pytest.raises(client.exceptions.ValidationException, match="kmsKeyId of CreateNamespace is not supported"):
        client.create_namespace(namespaceName="encrypted", kmsKeyId="alias/x")


def test_endpoint_without_a_warehouse_says_so(start_endpoint: Callable, tmp_path: Path) -> None:
    with start_endpoint(tmp_path / "aws") as endpoint:
        client = endpoint.client("redshift-serverless")
        with pytest.raises(client.exceptions.ValidationException, match="set LAKEHOUSE_AWS_WAREHOUSE_DSN"):
            client.create_namespace(namespaceName="nowhere")


def test_statement_of_a_killed_endpoint_has_failed(start_endpoint: Callable, tmp_path: Path, postgres_dsn: str) -> None:
    with start_endpoint(tmp_path / "aws", postgres_dsn) as endpoint:
        warehouse = create_warehouse(endpoint.client, "killed")
        finished = warehouse.run("SELECT 7 AS n")["Id"]
        slow = "SELECT COUNT(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b"
        request = {"Sql": slow, **warehouse.place}
        statement_id = warehouse.client.execute_statement(**request)["Id"]
        while warehouse.client.describe_statement(Id=statement_id)["Status"] != "STARTED":
            time.sleep(0.02)
        endpoint.kill()
        endpoint.start()
        client = endpoint.client("redshift-data")
        assert client.get_statement_result(Id=finished)["Records"] == [[{"longValue": 7}]]
        description = client.describe_statement(Id=statement_id)
        assert description["Status"] == "FAILED"
        assert "endpoint was restarted" in description["Error"]


def test_workgroup_scales_to_its_max_capacity_which_is_not_below_the_base(aws: Callable) -> None:
    client = aws("redshift-serverless")
    client.create_namespace(namespaceName="scaled", dbName="scaled")
    with pytest.raises(client.exceptions.ValidationException, match="less than the base"):
        client.create_workgroup(workgroupName="scaled", namespaceName="scaled", baseCapacity=16, maxCapacity=8)
    client.create_workgroup(workgroupName="scaled", namespaceName="scaled", baseCapacity=8, maxCapacity=16)
    client.update_workgroup(workgroupName="scaled", maxCapacity=32)
    assert client.get_workgroup(workgroupName="scaled")["workgroup"]["maxCapacity"] == 32


def test_workgroup_has_one_usage_limit_for_a_period(aws: Callable) -> None:
    client = aws("redshift-serverless")
    client.create_namespace(namespaceName="limited", dbName="limited")
    arn = client.create_workgroup(workgroupName="limited", namespaceName="limited")["workgroup"]["workgroupArn"]
    request = {"resourceArn": arn, "usageType": "serverless-compute", "period": "monthly"}
    limit = client.create_usage_limit(**request, amount=60, breachAction="log")["usageLimit"]
    with pytest.raises(client.exceptions.ConflictException):
        client.create_usage_limit(**request, amount=70)
    client.update_usage_limit(usageLimitId=limit["usageLimitId"], amount=80, breachAction="deactivate")
    (listed,) = client.list_usage_limits(resourceArn=arn)["usageLimits"]
    assert (listed["amount"], listed["breachAction"], listed["period"]) == (80, "deactivate", "monthly")
    client.delete_usage_limit(usageLimitId=limit["usageLimitId"])
    assert client.list_usage_limits(resourceArn=arn)["usageLimits"] == []
