"""The Glue scripts, as the jobs find them in the artifacts bucket."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

_PREFIX = "glue_scripts"
_PACKAGE = "lakehouse_glue"
_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def upload_glue_scripts(s3: Any, bucket: str, scripts_directory: Path) -> None:
    """Upload every script and the package they share; what the bucket already has stays as it is."""
    for script in sorted(scripts_directory.glob("*.py")):
        _upload(s3, bucket, f"{_PREFIX}/{script.name}", script.read_bytes())
    _upload(s3, bucket, f"{_PREFIX}/{_PACKAGE}.zip", zip_package(scripts_directory / _PACKAGE))


def zip_package(package: Path) -> bytes:
    """A zip of the package's files that depends on their names and content alone."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
        for file in sorted(files):
            entry = zipfile.ZipInfo(file.relative_to(package.parent).as_posix(), _EARLIEST_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return content.getvalue()


def _upload(s3: Any, bucket: str, key: str, content: bytes) -> None:
    if _entity_tag(s3, bucket, key) != hashlib.md5(content, usedforsecurity=False).hexdigest():
        s3.put_object(Bucket=bucket, Key=key, Body=content)


def _entity_tag(s3: Any, bucket: str, key: str) -> str | None:
    try:
        return s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise
