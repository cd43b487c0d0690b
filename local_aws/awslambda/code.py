"""The code of functions on disk: a folder per archive, named by its content, which nobody writes to."""

import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from local_aws.awslambda.exceptions import InvalidParameterValueException
from local_aws.settings import endpoint_settings

# Developer guide, "Lambda quotas": the unpacked code of a function.
MOST_UNPACKED_BYTES = 262_144_000


@dataclass(frozen=True)
class Code:
    """An archive that is unpacked; `digest` is its SHA-256 in hexadecimal, `size` its bytes."""

    digest: str
    size: int

    @property
    def sha256(self) -> str:
        return b64encode(bytes.fromhex(self.digest)).decode()

    @property
    def directory(self) -> Path:
        return code_directory() / self.digest


def code_directory() -> Path:
    return endpoint_settings().data_directory / "lambda" / "code"


def archive_of(code: dict[str, Any], account_id: str, region_name: str) -> bytes:
    """The archive that a request's code names. Raises InvalidParameterValueException."""
    given = [name for name in ("ZipFile", "S3Bucket", "ImageUri") if code.get(name)]
    if given == ["ZipFile"]:
        return code["ZipFile"]
    if given == ["S3Bucket"] and code.get("S3Key"):
        backend = s3_backends[account_id][get_partition(region_name)]
        try:
            key = backend.get_object(code["S3Bucket"], code["S3Key"], version_id=code.get("S3ObjectVersion"))
        except S3ClientError as error:
            key, reason = None, f"S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        else:
            reason = "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
        if key is None:
            raise InvalidParameterValueException(f"Error occurred while GetObject. {reason}")
        return bytes(key.value)
    if "ImageUri" in given:
        raise NotImplementedError("A function from a container image: give a zip archive")
    raise InvalidParameterValueException("Please provide either a zip file, or an S3 bucket and key.")


def unpack(archive: bytes) -> Code:
    """Unpack an archive, unless it is there. Raises InvalidParameterValueException for what is no archive."""
    code = Code(hashlib.sha256(archive).hexdigest(), len(archive))
    if code.directory.is_dir():
        return code
    code_directory().mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="unpacking-", dir=code_directory()))
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = opened.infolist()
            if not entries:
                raise InvalidParameterValueException("Uploaded file must be a non-empty zip")
            if sum(entry.file_size for entry in entries) >= MOST_UNPACKED_BYTES:
                raise InvalidParameterValueException(f"Unzipped size must be smaller than {MOST_UNPACKED_BYTES} bytes")
            opened.extractall(directory)
        _protect(directory)
        directory.rename(code.directory)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError) as error:
        if code.directory.is_dir():
            return code
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from error
    finally:
        if directory.is_dir():
            _remove(directory)
    return code


def remove_unused(used: Collection[str]) -> None:
    """Remove the folders of archives, but for those with these digests."""
    if code_directory().is_dir():
        for directory in code_directory().iterdir():
            if directory.name not in used:
                _remove(directory)


def _protect(directory: Path) -> None:
    """Nothing in a function's code can be written, as in Lambda."""
    for parent, _, files in os.walk(directory, topdown=False):
        for path in [*(Path(parent, name) for name in files), Path(parent)]:
            # An archive may come without permissions, or with those of one user only.
            executable = 0o111 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0
            path.chmod(0o444 | executable)


def _remove(directory: Path) -> None:
    for parent, _, _ in os.walk(directory):
        Path(parent).chmod(0o755)
    shutil.rmtree(directory, ignore_errors=True)
