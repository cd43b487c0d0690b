"""Files brought to buckets, those that differ only."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deployment.errors import DeploymentError


def upload_folder(
    s3: Any, bucket: str, folder: Path, prefix: str, properties: Callable[[str], dict[str, str]] = lambda _key: {}
) -> list[str]:
    """Make what is below the prefix equal to the folder; the keys that were written or removed.

    Objects are compared by their MD5, which is the entity tag of an object that was put in one part. What is put gets
    the properties of its key, such as a ContentType.
    """
    files = {f"{prefix}{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
    if not files:
        raise DeploymentError(f"There is nothing in {folder} to upload to s3://{bucket}/{prefix}: build the bundle.")
    present = _entity_tags(s3, bucket, prefix)
    different = [key for key in sorted(files) if present.get(key) != _md5(files[key])]
    for key in different:
        s3.put_object(Bucket=bucket, Key=key, Body=files[key].read_bytes(), **properties(key))
    leftover = sorted(present.keys() - files.keys())
    for key in leftover:
        s3.delete_object(Bucket=bucket, Key=key)
    return different + leftover


def object_version(s3: Any, bucket: str, key: str) -> str:
    """Id of the object's latest version; raises DeploymentError when there is no such object."""
    try:
        return s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            raise DeploymentError(f"s3://{bucket}/{key} is missing: build the bundle and deploy again.") from error
        raise
    except KeyError:
        raise DeploymentError(f"The bucket {bucket} keeps no versions: enable its versioning.") from None


def _entity_tags(s3: Any, bucket: str, prefix: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
