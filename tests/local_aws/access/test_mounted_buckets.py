"""Which buckets a job finds mounted: those of which its role may read or write anything."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.iam.models import iam_backends

from local_aws.access import RoleSession, acting_as
from local_aws.glue.jobs.spark import file_system_settings
from local_aws.settings import ACCOUNT_ID, endpoint_settings
from tests.roles import TRUST

BUCKETS = ("read", "written", "listed", "denied", "other")
MOUNT = "spark.hadoop.fs.viewfs.mounttable."
STATEMENTS = [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::read/a/*"},
    {"Effect": "Allow", "Action": "s3:Put*", "Resource": ["arn:aws:s3:::wri*"]},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::listed"},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::denied/*"},
    {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::denied/*"},
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The endpoint's folder, with the buckets' folders."""
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    for name in BUCKETS:
        (endpoint_settings().buckets_directory / name).mkdir(parents=True)
    yield tmp_path
    endpoint_settings.cache_clear()


@pytest.fixture
def session() -> Iterator[RoleSession]:
    iam = iam_backends[ACCOUNT_ID]["aws"]
    role = iam.create_role("mounting", json.dumps(TRUST), "/", None, "", [], None)
    document = json.dumps({"Version": "2012-10-17", "Statement": STATEMENTS})
    iam.put_role_policy("mounting", "test", document)
    yield RoleSession(role.arn, role.id, "session")
    iam.delete_role_policy("mounting", "test")
    iam.delete_role("mounting")


def mounted() -> set[str]:
    names = file_system_settings()
    return {name.removeprefix(MOUNT).partition(".")[0] for name in names if name.startswith(MOUNT)}


def test_role_finds_the_buckets_of_which_it_may_use_anything(data: Path, session: RoleSession) -> None:
    with acting_as(session):
        assert mounted() == {"read", "written"}
    assert mounted() == set(BUCKETS)


def test_what_is_asked_for_a_mount_is_not_recorded_as_a_call(data: Path, session: RoleSession) -> None:
    with acting_as(session):
        mounted()
    assert not list(data.glob("access*.jsonl"))
