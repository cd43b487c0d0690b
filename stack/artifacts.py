"""The Glue scripts, as the jobs find them in the artifacts bucket."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deployment.archive import GLUE_PACKAGE, zip_glue_packages
from deployment.wheels import GLUE_WHEELS, write_glue_wheels

_PREFIX = "glue_scripts"


def upload_glue_scripts(s3: Any, bucket: str, scripts_directory: Path) -> None:
    """Upload every script and the package they share; what the bucket already has stays as it is.

    The zip of wheels names what the jobs need without the wheels themselves: they run on this machine's packages, and
    the local Glue checks that those are of the versions that it names.
    """
    for script in sorted(scripts_directory.glob("*.py")):
        _upload(s3, bucket, f"{_PREFIX}/{script.name}", script.read_bytes())
    _upload(s3, bucket, f"{_PREFIX}/{GLUE_PACKAGE}.zip", zip_glue_packages(scripts_directory.parent))
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder) / GLUE_WHEELS
        write_glue_wheels(wheels, (scripts_directory / "requirements.lock").read_text(), [])
        _upload(s3, bucket, f"{_PREFIX}/{GLUE_WHEELS}", wheels.read_bytes())


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
