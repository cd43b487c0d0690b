"""Lifecycle rules that S3 refuses: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html"""

from typing import Any

import pytest

from local_aws.s3.exceptions import S3ClientError
from local_aws.s3.lifecycle_rules import check_rules
from tests.local_aws.refusals import error_code

BUCKET = "lifecycle-bucket"
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": "30"}}
COLDER = {"Days": "30", "StorageClass": "STANDARD_IA"}
TAG = {"Key": "a", "Value": "b"}


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"Status": "enabled"}, "MalformedXML", ""),
        ({"Prefix": "a/"}, "MalformedXML", ""),
        ({"Filter": {"Prefix": "a/", "Tag": TAG}}, "MalformedXML", ""),
        ({"Filter": {"And": {"Prefix": "a/"}}}, "MalformedXML", ""),
        ({"Filter": {"Suffix": "a/"}}, "MalformedXML", ""),
        ({"ID": "x" * 256}, "InvalidArgument", "ID length should not exceed allowed limit of 255"),
        ({"Expiration": None}, "MalformedXML", ""),
        ({"Expiration": {"Days": "1", "Date": "2030-01-01T00:00:00Z"}}, "MalformedXML", ""),
        ({"Expiration": {"Days": "0"}}, "InvalidArgument", "must be a positive integer"),
        ({"Expiration": {"Days": "1.5"}}, "MalformedXML", ""),
        ({"Expiration": {"Date": "2030-01-01T10:00:00Z"}}, "InvalidArgument", "'Date' must be at midnight GMT"),
        ({"Transition": {"Days": "30"}}, "MalformedXML", ""),
        ({"Transition": {"Days": "30", "StorageClass": "COLD"}}, "MalformedXML", ""),
        ({"Transition": COLDER | {"Days": "29"}}, "InvalidArgument", "greater than or equal to 30"),
        ({"Transition": {"Days": "-1", "StorageClass": "GLACIER"}}, "InvalidArgument", "must be nonnegative"),
        ({"Transition": COLDER}, "InvalidArgument", "must be greater than 'Days' in the Transition action"),
        ({"Transition": [COLDER, COLDER], "Expiration": {"Days": "90"}}, "InvalidRequest", "must be different"),
        ({"Transition": {"Date": "2030-01-01T00:00:00Z", "StorageClass": "GLACIER"}}, "InvalidRequest", "mixed"),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": "0"}}, "InvalidArgument", "positive integer"),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "0"}}, "InvalidArgument", "positive integer"),
        (
            {"Filter": {"Tag": TAG}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "1"}},
            "InvalidRequest",
            "cannot be specified with Tags",
        ),
        ({"Filter": {"Tag": TAG}}, "NotImplemented", "Filter.Tag"),
    ],
)  # fmt: skip
def test_a_rule_is_refused_as_by_s3(changes: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(S3ClientError) as refused:
        check_rules([RULE | changes])
    assert (refused.value.code, message in refused.value.message) == (code, True)


def test_rules_have_one_scope_an_action_and_ids_of_their_own() -> None:
    for rules, code in (
        ([{name: value for name, value in RULE.items() if name != "Filter"}], "MalformedXML"),
        ([{name: value for name, value in RULE.items() if name != "Expiration"}], "InvalidRequest"),
        ([RULE, RULE], "InvalidArgument"),
        ([RULE] * 1001, "MalformedXML"),
    ):
        with pytest.raises(S3ClientError) as refused:
            check_rules(rules)
        assert refused.value.code == code
    check_rules([RULE, RULE | {"ID": "s", "Transition": COLDER, "Expiration": {"Days": "31"}}])


def test_a_request_without_rules_is_refused(s3) -> None:
    none = {"Rules": []}
    assert (
        error_code(s3.put_bucket_lifecycle_configuration, Bucket=BUCKET, LifecycleConfiguration=none) == "MalformedXML"
    )
    bad = {"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 0}}]}
    assert (
        error_code(s3.put_bucket_lifecycle_configuration, Bucket=BUCKET, LifecycleConfiguration=bad)
        == "InvalidArgument"
    )
    assert error_code(s3.get_bucket_lifecycle_configuration, Bucket=BUCKET) == "NoSuchLifecycleConfiguration"
