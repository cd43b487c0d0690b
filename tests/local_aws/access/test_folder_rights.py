"""What a job finds mounted: folders that its role may use wholly, and the rest from where it asks for each key."""

import json
from pathlib import Path

import pytest
from moto.s3.models import s3_backends

from local_aws.access import acting_as
from local_aws.access.folders import folder_rights
from local_aws.glue.jobs.spark import MOUNT_PREFIX, file_system_settings
from local_aws.s3.models import LocalS3Backend
from local_aws.settings import ACCOUNT_ID, endpoint_settings
from tests.local_aws.access.conftest import BUCKETS, Session

ASKED = "webhdfs://127.0.0.1:1/secret"
OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
LAKE = "arn:aws:s3:::lake"
LISTING = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": LAKE}
WHOLE = {"Effect": "Allow", "Action": OBJECTS, "Resource": f"{LAKE}/*"}

BY_ADDRESS = {
    "Effect": "Deny",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
}


def allow(*patterns: str, actions: tuple[str, ...] = OBJECTS, **more: object) -> dict:
    return {"Effect": "Allow", "Action": actions, "Resource": [f"{LAKE}/{one}" for one in patterns], **more}


def deny(*patterns: str, **more: object) -> dict:
    return {"Effect": "Deny", "Action": "s3:*", "Resource": [f"{LAKE}/{one}" for one in patterns], **more}


def deny_listing(**condition: str | list[str]) -> dict:
    wanted = {operator: {"s3:prefix": prefixes} for operator, prefixes in condition.items()}
    return LISTING | {"Effect": "Deny", "Condition": wanted}


def without(statement: dict, element: str) -> dict:
    return {name: value for name, value in statement.items() if name != element}


def listing(*prefixes: str) -> dict:
    return LISTING | {"Condition": {"StringLike": {"s3:prefix": prefixes}}}


CASES = {
    "everything": ([WHOLE, LISTING], {"": True}),
    "every bucket": ([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], {"": True}),
    "a pattern of buckets": ([WHOLE | {"Resource": "arn:aws:s3:::l?k*/*"}, LISTING], {"": True}),
    "nothing": ([LISTING], {"": False}),
    "another bucket": ([WHOLE | {"Resource": "arn:aws:s3:::lake-of-others/*"}, LISTING], {"": False}),
    "folders": ([allow("a/*", "b/c/*"), LISTING], {"": False, "a": True, "b/c": True}),
    "a folder and one in it": ([allow("a/*", "a/b/*"), LISTING], {"": False, "a": True}),
    "a folder that others begin like": ([allow("a/*", "a-b/*"), LISTING], {"": False, "a": True, "a-b": True}),
    "the beginning of a name": ([allow("a/b*"), LISTING], {"": False}),
    "a single key": ([allow("a/b"), LISTING], {"": False}),
    "a wildcard in the middle": ([allow("*/public/*"), LISTING], {"": False}),
    "a wildcard in a folder": ([allow("a/*", "a/*/b/*"), LISTING], {"": False}),
    "a variable": ([allow("of/${aws:userid}/*"), LISTING], {"": False}),
    "reading only": ([allow("*", actions=("s3:GetObject",)), LISTING], {"": False}),
    "writing only": ([allow("*", actions=("s3:PutObject",)), LISTING], {"": False}),
    "writing in a folder": ([allow("*", actions=("s3:GetObject",)), allow("a/*"), LISTING], {"": False, "a": True}),
    "without listing": ([WHOLE], {"": False}),
    "listing a folder": ([WHOLE, listing("a/*", "a/")], {"": False}),
    "listing one folder of two": ([allow("a/*", "b/*"), listing("a/*")], {"": False, "a": True}),
    "a folder denied": ([WHOLE, LISTING, deny("a/*")], {"": True, "a": False}),
    "a folder of a folder denied": ([allow("a/*", "b/*"), LISTING, deny("a/x/*")], {"": False, "b": True}),
    "a key denied": ([WHOLE, LISTING, deny("a/b/c.txt")], {"": True, "a/b": False}),
    "names denied wherever they are": ([WHOLE, LISTING, deny("*.secret")], {"": False}),
    "all but a folder": (
        [{"Effect": "Allow", "Action": "s3:*", "NotResource": f"{LAKE}/a/*"}],
        {"": True, "a": False},
    ),
    "only a folder not denied": (
        [WHOLE, LISTING, {"Effect": "Deny", "Action": OBJECTS, "NotResource": f"{LAKE}/a/*"}],
        {"": False, "a": True},
    ),
    "for some time": (
        [WHOLE | {"Condition": {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}}, LISTING],
        {"": False},
    ),
    "the beginning of another bucket": ([allow("../other/*", "open/*"), LISTING], {"": False, "open": True}),
    "a folder without a name": ([WHOLE, LISTING, deny("/etc/*")], {"": True}),
    "folders in one without a name": ([WHOLE, LISTING, deny("/*", "a//b/*", "a//b", "b//?/*")], {"": True}),
    "a folder that is the one that it is in": ([WHOLE, LISTING, deny("./b/*", "a/./b/*")], {"": True}),
    "from some addresses": (
        [WHOLE, LISTING, deny("*", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
        {"": False},
    ),
    "not from some addresses": (
        [WHOLE, LISTING, deny("a/*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})],
        {"": False},
    ),
    "not for some clients": (
        [WHOLE, LISTING, deny("*", Condition={"StringLike": {"aws:UserAgent": "*"}})],
        {"": False},
    ),
    "by a header": (
        [WHOLE, LISTING, deny("*", Condition={"Null": {"s3:x-amz-acl": "false"}})],
        {"": False},
    ),
    "by a value that the request gives": (
        [WHOLE, LISTING, deny("*", Condition={"StringEquals": {"aws:userid": "${aws:Referer}"}})],
        {"": False},
    ),
    "another bucket by a value of the request": (
        [WHOLE, LISTING, BY_ADDRESS | {"Resource": "arn:aws:s3:::lake-of-others/*"}],
        {"": True},
    ),
    "another service by a value of the request": (
        [WHOLE, LISTING, BY_ADDRESS | {"Action": "sqs:*", "Resource": "*"}],
        {"": True},
    ),
    "all but a bucket by a value of the request": (
        [WHOLE, LISTING, {**without(BY_ADDRESS, "Resource"), "NotResource": "arn:aws:s3:::other/*"}],
        {"": False},
    ),
    "by what is known of the session": (
        [
            WHOLE | {"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}}},
            LISTING | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        ],
        {"": True},
    ),
    "prefixes in any case": (
        [WHOLE, LISTING, deny_listing(StringEqualsIgnoreCase="SECRET/")],
        {"": False},
    ),
    "prefixes but some": ([WHOLE, LISTING, deny_listing(StringNotLike=["public/*", ""])], {"": False}),
    "prefixes but those that are asked": (
        [WHOLE, LISTING, deny_listing(StringNotEquals=["", "any-name-that-no-policy-has/"])],
        {"": False},
    ),
    "no prefix": ([WHOLE, LISTING, deny_listing(Null="true")], {"": False}),
    "by a key that is not known": (
        [WHOLE | {"Condition": {"StringEquals": {"s3:ExistingObjectTag/kind": "open"}}}, LISTING],
        {"": False},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_folders_are_told_apart_where_policies_do(session: Session, case: str) -> None:
    statements, rights = CASES[case]

    with acting_as(session(*statements)):
        assert folder_rights("lake") == rights


def test_a_bucket_policy_and_a_session_policy_have_their_say(
    session: Session, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_backends, "backend", LocalS3Backend)
    s3_backends.pop(ACCOUNT_ID, None)
    bucket = s3_backends[ACCOUNT_ID]["aws"].create_bucket("lake", "us-east-1")
    bucket.policy = json.dumps({"Statement": [deny("a/*", Principal="*")]}).encode()
    narrow = json.dumps({"Statement": [allow("b/*", "a/*"), LISTING]})

    try:
        with acting_as(session(WHOLE, LISTING)):
            assert folder_rights("lake") == {"": True, "a": False}
        with acting_as(session(WHOLE, LISTING, policy=narrow)):
            assert folder_rights("lake") == {"": False, "b": True}
    finally:
        s3_backends.pop(ACCOUNT_ID)
        s3_backends.bucket_accounts.clear()


def mounts(asked: str | None = None) -> dict[str, str]:
    settings = file_system_settings(asked)
    return {name.removeprefix(MOUNT_PREFIX): url for name, url in settings.items() if name.startswith(MOUNT_PREFIX)}


def test_mounts_are_folders_and_what_has_to_be_asked_for(data: Path, session: Session) -> None:
    files = endpoint_settings().buckets_directory.as_uri().replace("file:", "bucketfile:")

    with acting_as(session(allow("a b/c/*"), LISTING)):
        assert mounts(ASKED) == {
            "lake.linkFallback": f"{ASKED}/lake",
            "lake.link./a b/c": f"{files}/lake/a%20b/c",
            "other.linkFallback": f"{ASKED}/other",
            **{f"{name}.linkRegex.^/[.][.](?![^/])": f"{ASKED}/..." for name in BUCKETS},
        }
    assert mounts() == {f"{name}.linkFallback": f"{files}/{name}" for name in BUCKETS}


def test_what_is_asked_for_a_mount_is_not_recorded_as_a_call(data: Path, session: Session) -> None:
    with acting_as(session(allow("a/*"), LISTING)):
        mounts(ASKED)
    assert not list(data.glob("access*.jsonl"))
