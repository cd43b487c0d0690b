"""S3, whose operations and actions have different names (S3 user guide, Required permissions for Amazon S3 API
operations)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local_aws.access.requests.calls import Need

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The actions of a bucket's settings, by the parameter that names the setting: to read it, and to change it. Settings
# are removed by the permission to change them, but for the policy and the website.
_BUCKET_SETTINGS = {
    "accelerate": ("GetAccelerateConfiguration", "PutAccelerateConfiguration"),
    "acl": ("GetBucketAcl", "PutBucketAcl"),
    "analytics": ("GetAnalyticsConfiguration", "PutAnalyticsConfiguration"),
    "cors": ("GetBucketCORS", "PutBucketCORS"),
    "encryption": ("GetEncryptionConfiguration", "PutEncryptionConfiguration"),
    "intelligent-tiering": ("GetIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"),
    "inventory": ("GetInventoryConfiguration", "PutInventoryConfiguration"),
    "lifecycle": ("GetLifecycleConfiguration", "PutLifecycleConfiguration"),
    "location": ("GetBucketLocation", ""),
    "logging": ("GetBucketLogging", "PutBucketLogging"),
    "metrics": ("GetMetricsConfiguration", "PutMetricsConfiguration"),
    "notification": ("GetBucketNotification", "PutBucketNotification"),
    "object-lock": ("GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
    "ownershipControls": ("GetBucketOwnershipControls", "PutBucketOwnershipControls"),
    "policy": ("GetBucketPolicy", "PutBucketPolicy"),
    "policyStatus": ("GetBucketPolicyStatus", ""),
    "publicAccessBlock": ("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "replication": ("GetReplicationConfiguration", "PutReplicationConfiguration"),
    "requestPayment": ("GetBucketRequestPayment", "PutBucketRequestPayment"),
    "tagging": ("GetBucketTagging", "PutBucketTagging"),
    "versioning": ("GetBucketVersioning", "PutBucketVersioning"),
    "website": ("GetBucketWebsite", "PutBucketWebsite"),
}
_DELETING = {"policy": "DeleteBucketPolicy", "website": "DeleteBucketWebsite"}
# The actions of an object by method and the parameter that names what of it is meant; a version has its own.
_OBJECT_PARTS = {
    ("GET", "acl"): ("GetObjectAcl", "GetObjectVersionAcl"),
    ("PUT", "acl"): ("PutObjectAcl", "PutObjectVersionAcl"),
    ("GET", "tagging"): ("GetObjectTagging", "GetObjectVersionTagging"),
    ("PUT", "tagging"): ("PutObjectTagging", "PutObjectVersionTagging"),
    ("DELETE", "tagging"): ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    ("GET", "attributes"): ("GetObject GetObjectAttributes", "GetObjectVersion GetObjectVersionAttributes"),
    ("GET", "retention"): ("GetObjectRetention", "GetObjectRetention"),
    ("PUT", "retention"): ("PutObjectRetention", "PutObjectRetention"),
    ("GET", "legal-hold"): ("GetObjectLegalHold", "GetObjectLegalHold"),
    ("PUT", "legal-hold"): ("PutObjectLegalHold", "PutObjectLegalHold"),
    ("POST", "uploads"): ("PutObject", "PutObject"),
    ("GET", "uploadId"): ("ListMultipartUploadParts", "ListMultipartUploadParts"),
    ("PUT", "uploadId"): ("PutObject", "PutObject"),
    ("POST", "uploadId"): ("PutObject", "PutObject"),
    ("DELETE", "uploadId"): ("AbortMultipartUpload", "AbortMultipartUpload"),
}
_OBJECT = {
    "GET": ("GetObject", "GetObjectVersion"),
    "HEAD": ("GetObject", "GetObjectVersion"),
    "PUT": ("PutObject", "PutObject"),
    "DELETE": ("DeleteObject", "DeleteObjectVersion"),
}
_OBJECT_PARAMETERS = ("acl", "tagging", "attributes", "retention", "legal-hold", "uploads", "uploadId")
_BUCKET = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}


def object_arn(bucket: str, key: str, partition: str = "aws") -> str:
    return f"arn:{partition}:s3:::{bucket}/{key}"


def bucket_arn(bucket: str, partition: str = "aws") -> str:
    return f"arn:{partition}:s3:::{bucket}"


def bucket_of(environ: "WSGIEnvironment") -> str:
    """The bucket is the first part of the path, wherever the client named it; of a list of buckets it is empty."""
    return unquote(_path(environ).partition("/")[0])


def needs_of(environ: "WSGIEnvironment") -> Iterator[Need] | None:
    """What a request to S3 needs, None of one that has no rule. Each key of DeleteObjects S3 asks about itself."""
    bucket, key = bucket_of(environ), unquote(_path(environ).partition("/")[2])
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    if not bucket:
        return iter([Need("s3:ListAllMyBuckets")]) if environ["REQUEST_METHOD"] == "GET" else None
    if key:
        return _of_object(environ, bucket, key, query)
    return _of_bucket(environ["REQUEST_METHOD"], bucket, query)


def _path(environ: "WSGIEnvironment") -> str:
    return urlsplit(environ.get("RAW_URI") or environ["PATH_INFO"]).path.lstrip("/")


def _of_bucket(method: str, bucket: str, query: dict[str, str]) -> Iterator[Need] | None:
    arn = bucket_arn(bucket)
    setting = next((name for name in _BUCKET_SETTINGS if name in query), None)
    if setting:
        reading, changing = _BUCKET_SETTINGS[setting]
        action = reading if method == "GET" else _DELETING.get(setting, changing) if method == "DELETE" else changing
        return iter([Need(f"s3:{action}", arn)]) if action else None
    if method == "POST":
        return iter(()) if "delete" in query else None
    if method == "GET" and ("uploads" in query or "versions" in query):
        action = "ListBucketMultipartUploads" if "uploads" in query else "ListBucketVersions"
        return iter([Need(f"s3:{action}", arn, _listing_values(query))])
    if method not in _BUCKET:
        return None
    values = _listing_values(query) if method == "GET" else {}
    return iter([Need(f"s3:{_BUCKET[method]}", arn, values)])


def _listing_values(query: dict[str, str]) -> dict[str, str]:
    names = {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys"}
    return {key: query[name] for name, key in names.items() if name in query}


def _of_object(environ: "WSGIEnvironment", bucket: str, key: str, query: dict[str, str]) -> Iterator[Need] | None:
    method, arn = environ["REQUEST_METHOD"], object_arn(bucket, key)
    part = next((name for name in _OBJECT_PARAMETERS if name in query), None)
    actions = _OBJECT_PARTS.get((method, part)) if part else _OBJECT.get(method)
    if actions is None:
        return None
    version = query.get("versionId")
    values: dict[str, Any] = {"s3:versionid": version} if version else {}
    if acl := environ.get("HTTP_X_AMZ_ACL"):
        values["s3:x-amz-acl"] = acl
    needs = [Need(f"s3:{action}", arn, values) for action in actions[1 if version else 0].split()]
    if method in {"GET", "HEAD"} and not version and part != "uploadId":
        needs += _of_missing(bucket, key)
    if method == "PUT" and (source := environ.get("HTTP_X_AMZ_COPY_SOURCE")):
        needs += _of_copied(environ, source, arn, is_part="uploadId" in query)
    elif method in {"PUT", "POST"} and "HTTP_X_AMZ_TAGGING" in environ:
        needs.append(Need("s3:PutObjectTagging", arn))
    return iter(needs)


def _of_missing(bucket: str, key: str) -> list[Need]:
    """That an object is not there is told to those who may list the bucket (S3 API reference, GetObject)."""
    from local_aws.s3 import store

    try:
        is_there = store.find(bucket, key) is not None
    except ValueError:
        is_there = False
    return [] if is_there else [Need("s3:ListBucket", bucket_arn(bucket))]


def _of_copied(environ: "WSGIEnvironment", source: str, arn: str, *, is_part: bool) -> list[Need]:
    """A copy reads its source, and takes over its tags where it has some and no others are given."""
    path, _, version = unquote(source).lstrip("/").partition("?versionId=")
    bucket, _, key = path.partition("/")
    suffix = "Version" if version else ""
    values = {"s3:versionid": version} if version else {}
    needs = [Need(f"s3:GetObject{suffix}", object_arn(bucket, key), values)]
    needs += [] if version else _of_missing(bucket, key)
    if is_part:
        return needs
    is_replaced = environ.get("HTTP_X_AMZ_TAGGING_DIRECTIVE", "COPY") == "REPLACE"
    if is_replaced and "HTTP_X_AMZ_TAGGING" in environ:
        needs.append(Need("s3:PutObjectTagging", arn))
    elif not is_replaced and _has_tags(bucket, key, version):
        needs += [
            Need(f"s3:GetObject{suffix}Tagging", object_arn(bucket, key), values),
            Need("s3:PutObjectTagging", arn),
        ]
    return needs


def _has_tags(bucket: str, key: str, version: str) -> bool:
    from moto.s3.exceptions import S3ClientError
    from moto.s3.models import s3_backends

    from local_aws.settings import ACCOUNT_ID

    backend = s3_backends[ACCOUNT_ID]["aws"]
    try:
        found = backend.get_object(bucket, key, version or None)
    except S3ClientError:
        return False
    return bool(found and found.stored.attributes.tags)
