"""What of a request is refused, as it would be answered as done and was not, or as it is meant for another account."""

import re
from collections.abc import Mapping
from typing import Any

from local_aws.s3.exceptions import AclsDisabledError, NotSupportedError, S3Error
from local_aws.settings import ACCOUNT_ID

ACCOUNT = re.compile(r"\d{12}")
OWNER_HEADERS = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")
# Of directory buckets only: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
DELETION_CONDITIONS = "deletions on the condition of a size or a time, which directory buckets alone have"
UNSUPPORTED_HEADERS = {
    "x-amz-server-side-encryption-customer-algorithm": "encryption with keys of the customer",
    "x-amz-copy-source-server-side-encryption-customer-algorithm": "encryption with keys of the customer",
    "x-amz-object-lock-mode": "object lock",
    "x-amz-object-lock-legal-hold": "object lock",
    "x-amz-object-lock-retain-until-date": "object lock",
    "x-amz-bucket-object-lock-enabled": "object lock",
    "x-amz-skip-destination-validation": "notifications to receivers that are not validated",
    "x-amz-write-offset-bytes": "appending to objects",
    "x-amz-if-match-last-modified-time": DELETION_CONDITIONS,
    "x-amz-if-match-size": DELETION_CONDITIONS,
}
UNSUPPORTED_SUBRESOURCES = {
    "analytics": "analytics configurations",
    "intelligent-tiering": "intelligent tiering configurations",
    "metadataTable": "metadata tables",
    "metadataConfiguration": "metadata tables",
    "metrics": "metrics configurations",
    "requestPayment": "requester pays",
    "torrent": "torrents",
    "retention": "object lock",
    "legal-hold": "object lock",
    "renameObject": "renaming objects",
    "session": "directory buckets",
}
# With access control lists disabled, as they are on buckets by default, S3 takes this one only.
OWNER_ACL = "bucket-owner-full-control"
OWNER_ENFORCED = "BucketOwnerEnforced"


def check_support(headers: Mapping[str, str], query: Mapping[str, Any], *, is_new_bucket: bool) -> None:
    """Raises the error of what is not supported, and of access control lists; a new bucket may be called private."""
    for name, feature in UNSUPPORTED_HEADERS.items():
        if headers.get(name, "false").lower() not in {"false", "off"}:
            raise NotSupportedError(feature)
    for name, feature in UNSUPPORTED_SUBRESOURCES.items():
        if name in query:
            raise NotSupportedError(feature)
    ownership = headers.get("x-amz-object-ownership", OWNER_ENFORCED)
    if ownership != OWNER_ENFORCED:
        raise NotSupportedError(f"access control lists, which the object ownership {ownership} enables")
    is_granting = any(name.lower().startswith("x-amz-grant-") for name, _ in headers.items())
    possible = {OWNER_ACL, "private"} if is_new_bucket else {OWNER_ACL}
    if is_granting or headers.get("x-amz-acl", OWNER_ACL) not in possible:
        raise AclsDisabledError


def check_owner(headers: Mapping[str, str]) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html"""
    for header in OWNER_HEADERS:
        expected = headers.get(header)
        if expected is None:
            continue
        if not ACCOUNT.fullmatch(expected):
            raise S3Error(
                "InvalidBucketOwnerAWSAccountID",
                "The value of the expected bucket owner parameter must be an AWS account ID",
            )
        if expected != ACCOUNT_ID:
            raise S3Error("AccessDenied", "Access Denied")
