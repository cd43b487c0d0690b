"""DmsFullLoadOperator against a real PostgreSQL, loaded by the endpoint's DMS."""

import json
from uuid import uuid4

import psycopg2
import pytest
from airflow.sdk.exceptions import TaskDeferred
from lakehouse_aws.hooks.dms_full_load import DmsFullLoadError, load_faults
from lakehouse_aws.operators.dms_full_load import DmsFullLoadOperator
from psycopg2 import sql
from psycopg2.extensions import parse_dsn


@pytest.fixture
def schema(postgres_dsn):
    """A schema with two customers and three accounts, and the statement runner that made it."""
    name = f"bank_{uuid4().hex[:12]}"
    connection = psycopg2.connect(postgres_dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        for table, rows in (("customers", 2), ("accounts", 3)):
            statement = "CREATE TABLE {} AS SELECT number AS id FROM generate_series(1, %s) AS number"
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name, table)), [rows])
        yield name
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
    connection.close()


@pytest.fixture
def create_task(aws, postgres_dsn, schema, lake_bucket):
    """`create_task(port)` makes a replication task of the schema and returns its identifier."""
    dms = aws("dms")
    parsed = parse_dsn(postgres_dsn)

    def create(port=parsed["port"]):
        identifier = f"load-{uuid4().hex[:12]}"
        instance = dms.create_replication_instance(
            ReplicationInstanceIdentifier=identifier, ReplicationInstanceClass="dms.t3.medium"
        )
        source = dms.create_endpoint(
            EndpointIdentifier=f"{identifier}-source",
            EndpointType="source",
            EngineName="postgres",
            ServerName=parsed["host"],
            Port=int(port),
            Username=parsed["user"],
            Password=parsed["password"],
            DatabaseName=parsed["dbname"],
        )
        target = dms.create_endpoint(
            EndpointIdentifier=f"{identifier}-target",
            EndpointType="target",
            EngineName="s3",
            S3Settings={"BucketName": lake_bucket, "BucketFolder": "raw", "DataFormat": "parquet"},
        )
        rule = {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "rule-action": "include",
            "object-locator": {"schema-name": schema, "table-name": "%"},
        }
        dms.create_replication_task(
            ReplicationTaskIdentifier=identifier,
            SourceEndpointArn=source["Endpoint"]["EndpointArn"],
            TargetEndpointArn=target["Endpoint"]["EndpointArn"],
            ReplicationInstanceArn=instance["ReplicationInstance"]["ReplicationInstanceArn"],
            MigrationType="full-load",
            TableMappings=json.dumps({"rules": [rule]}),
        )
        return identifier

    return create


def full_load(identifier):
    return DmsFullLoadOperator(task_id="full_load", replication_task_identifier=identifier, poll_interval=1)


def test_a_load_returns_the_rows_of_every_table(run, create_task, schema):
    assert run(full_load(create_task())) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_task_that_has_run_is_loaded_again(run, create_task, schema):
    identifier = create_task()
    run(full_load(identifier))

    assert run(full_load(identifier)) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_retry_waits_for_the_load_that_is_running(run, create_task, schema, context):
    operator = full_load(create_task())
    with pytest.raises(TaskDeferred):
        operator.execute(context)

    assert run(operator) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_source_that_cannot_be_reached_fails_with_the_message_of_dms(run, create_task):
    with pytest.raises(DmsFullLoadError, match=r"load-\w+ failed: it is failed .*(?i:connect|refused)"):
        run(full_load(create_task(port=1)))


def test_an_unknown_task_is_named(run):
    with pytest.raises(DmsFullLoadError, match="no DMS replication task 'nobody'"):
        run(full_load("nobody"))


def test_a_stopped_task_with_an_errored_table_is_a_failure():
    task = {"Status": "stopped", "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"}
    tables = [
        {"SchemaName": "public", "TableName": "customers", "TableState": "Table completed"},
        {"SchemaName": "public", "TableName": "accounts", "TableState": "Table error"},
    ]

    assert load_faults(task, tables) == ["public.accounts is in state 'Table error'"]


def test_the_message_of_an_earlier_failure_does_not_fail_a_finished_load():
    task = {
        "Status": "stopped",
        "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED",
        "LastFailureMessage": "an earlier run could not connect",
    }
    tables = [{"SchemaName": "public", "TableName": "customers", "TableState": "Table completed"}]

    assert load_faults(task, tables) == []


def test_a_load_stopped_by_hand_is_a_failure():
    task = {"Status": "stopped", "StopReason": "Stop Reason NORMAL", "ReplicationTaskStats": {"TablesErrored": 0}}

    assert load_faults(task, []) == ["it is stopped (Stop Reason NORMAL)"]


def test_a_load_without_tables_is_a_failure():
    task = {"Status": "stopped", "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"}

    assert load_faults(task, []) == ["it selected no table at the source"]
