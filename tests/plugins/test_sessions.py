"""Whose credentials a hook gets when hooks share sessions: each connection has a role of its own."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.metrics import MetricsHook
from lakehouse_aws.sessions import SharedSessionHook

from tests.roles import EVERYTHING, PEOPLE

REGION = "us-east-1"


@pytest.fixture
def connect(aws, monkeypatch):
    """`connect(connection)` gives an Airflow connection a role of its own, whose name it returns."""

    def connect(connection):
        role = f"role-{uuid4().hex[:12]}"
        described = aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(PEOPLE))["Role"]
        aws("iam").put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        extra = {"role_arn": described["Arn"]}
        monkeypatch.setenv(f"AIRFLOW_CONN_{connection.upper()}", json.dumps({"conn_type": "aws", "extra": extra}))
        return role

    return connect


def role_of(connection):
    """The role that a hook of the connection works under, by what AWS answers."""
    hook = SharedSessionHook(aws_conn_id=connection, region_name=REGION, client_type="sts")
    return hook.conn.get_caller_identity()["Arn"].split("/")[1]


def key_of(connection):
    """Each time a role is assumed, its session gets another access key."""
    return LakeHook(aws_conn_id=connection, region_name=REGION).get_credentials(REGION).access_key


def test_hooks_of_one_connection_assume_its_role_once(connect):
    connect("one")
    hooks = (
        LakeHook(aws_conn_id="one", region_name=REGION),
        MetricsHook(aws_conn_id="one", region_name=REGION),
        PublicationHook(aws_conn_id="one", region_name=REGION, bucket="b", database="d").lake,
    )

    assert len({hook.get_credentials(REGION).access_key for hook in hooks}) == 1


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
    elsewhere = LakeHook(aws_conn_id="one", region_name="eu-west-1")
    elsewhere.get_credentials()

    assert LakeHook(aws_conn_id="one").conn_region_name == REGION
    assert LakeHook(aws_conn_id="one", region_name="eu-west-1").conn_region_name == "eu-west-1"


def test_a_hook_with_another_config_of_requests_has_its_own_session(connect):
    connect("one")
    hook = LakeHook(aws_conn_id="one", region_name=REGION, config={"read_timeout": 5})

    assert hook.get_credentials(REGION).access_key != key_of("one")


def test_each_thread_has_its_own_session(connect):
    connect("one")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(key_of, "one").result() != key_of("one")


def test_credentials_that_expire_are_renewed(connect):
    role = connect("one")
    before = key_of("one")
    credentials = LakeHook(aws_conn_id="one", region_name=REGION).get_session(REGION).get_credentials()
    credentials._expiry_time = datetime.now(UTC) + timedelta(seconds=1)

    assert key_of("one") != before
    assert role_of("one") == role


def test_what_triggers_use_is_asynchronous_and_their_own(connect, lake_bucket, s3):
    connect("one")
    s3.put_object(Bucket=lake_bucket, Key="a", Body=b"")

    async def keys():
        async with await LakeHook(aws_conn_id="one", region_name=REGION).get_async_conn() as client:
            return [item["Key"] for item in (await client.list_objects_v2(Bucket=lake_bucket))["Contents"]]

    assert key_of("one") == key_of("one")
    assert asyncio.run(keys()) == ["a"]
    hook = LakeHook(aws_conn_id="one", region_name=REGION)
    assert hook.get_session(REGION, deferrable=True) is not hook.get_session(REGION, deferrable=True)
