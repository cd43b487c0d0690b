"""Whose credentials a hook gets when hooks share sessions: each connection has a role of its own."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.metrics import MetricsHook
from lakehouse_aws.sessions import SharedSessionHook

from tests.roles import EVERYTHING, PEOPLE

# Of the environment, and another one.
REGION, ELSEWHERE = "us-east-1", "eu-west-1"


@pytest.fixture
def connect(aws, monkeypatch):
    """`connect(connection, **extra)` gives an Airflow connection a role of its own, whose name it returns."""

    def connect(connection, **extra):
        role = f"role-{uuid4().hex[:12]}"
        described = aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(PEOPLE))["Role"]
        aws("iam").put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        stored = {"conn_type": "aws", "extra": extra | {"role_arn": described["Arn"]}}
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection.upper()}", json.dumps(stored))
        return role

    return connect


def role_of(connection):
    """The role that a hook of the connection works under, by what AWS answers."""
    hook = SharedSessionHook(aws_conn_id=connection, client_type="sts")
    return hook.conn.get_caller_identity()["Arn"].split("/")[1]


def key_of(connection):
    """Each time a role is assumed, its session gets another access key."""
    return LakeHook(aws_conn_id=connection).get_credentials().access_key


def signing_key(client):
    """The access key that the client's requests are signed with."""
    operation = {"s3": "list_buckets", "glue": "get_databases", "cloudwatch": "list_metrics"}
    url = client.generate_presigned_url(operation[client.meta.service_model.service_name])
    return re.search("(?:AWSAccessKeyId|X-Amz-Credential)=([A-Z0-9]+)", url)[1]


@pytest.mark.parametrize("named_by", ["environment", "connection", "hook"])
def test_hooks_of_one_connection_assume_its_role_once(connect, named_by):
    connect("one", **({"region_name": ELSEWHERE} if named_by == "connection" else {}))
    options = {"aws_conn_id": "one", "region_name": ELSEWHERE if named_by == "hook" else None}
    publication = PublicationHook(**options, bucket="b", database="d")
    s3 = publication.catalog.properties
    clients = publication.conn, publication.lake.conn, LakeHook(**options).conn, MetricsHook(**options).conn

    assert {signing_key(client) for client in clients} == {s3["s3.access-key-id"]}
    regions = {client.meta.region_name for client in clients} | {s3["s3.region"]}
    assert regions == {REGION if named_by == "environment" else ELSEWHERE}


def test_hooks_of_two_connections_work_under_their_own_roles(connect):
    roles = connect("one"), connect("two")

    assert (role_of("one"), role_of("two")) == roles
    assert (role_of("one"), role_of("two")) == roles


def test_a_connection_whose_role_was_changed_gives_the_new_one(connect):
    before = connect("one")
    assert role_of("one") == before

    after = connect("one")

    assert role_of("one") == after


def test_hooks_of_one_connection_ask_their_own_regions(connect):
    connect("one")
    elsewhere = LakeHook(aws_conn_id="one", region_name=ELSEWHERE)
    elsewhere.get_credentials()

    assert LakeHook(aws_conn_id="one").conn_region_name == REGION
    assert elsewhere.conn_region_name == ELSEWHERE


def test_a_hook_with_another_config_of_requests_has_its_own_session(connect):
    connect("one")
    hook = LakeHook(aws_conn_id="one", config={"read_timeout": 5})

    assert hook.get_credentials().access_key != key_of("one")


def test_each_thread_has_its_own_session(connect):
    connect("one")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(key_of, "one").result() != key_of("one")


def test_credentials_that_expire_are_renewed(connect):
    role = connect("one")
    before = key_of("one")
    credentials = LakeHook(aws_conn_id="one").get_session().get_credentials()
    credentials._expiry_time = datetime.now(UTC) + timedelta(seconds=1)

    assert key_of("one") != before
    assert role_of("one") == role


def test_what_triggers_use_is_asynchronous_and_their_own(connect, lake_bucket, s3):
    connect("one")
    s3.put_object(Bucket=lake_bucket, Key="a", Body=b"")

    async def keys():
        async with await LakeHook(aws_conn_id="one").get_async_conn() as client:
            return [item["Key"] for item in (await client.list_objects_v2(Bucket=lake_bucket))["Contents"]]

    assert key_of("one") == key_of("one")
    assert asyncio.run(keys()) == ["a"]
    hook = LakeHook(aws_conn_id="one")
    assert hook.get_session(deferrable=True) is not hook.get_session(deferrable=True)
