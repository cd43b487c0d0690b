"""Puts files into a landing prefix, and follows them into the ledger."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from boto3.exceptions import S3UploadFailedError

from lakehouse_contract.arrivals.kinds import Arrivals
from stack import aws
from stack.arrivals.ledger import LedgerRow, ledger_rows_since
from stack.arrivals.names import DAGS
from stack.cloudformation import outputs
from stack.errors import StackError
from stack.settings import StackSettings

_LARGEST_COPY_BYTES = 5 << 30
_PART_BYTES = 1 << 30
_CHUNK_BYTES = 1 << 20
_POLL_INTERVAL_SECONDS = 1
_PATIENCE_SECONDS = 900


@dataclass(frozen=True)
class DroppedFile:
    """A file in the landing prefix; `checksum` identifies its content, as in the ledger."""

    name: str
    checksum: str
    dropped_at: datetime


def check_files(arrivals: Arrivals, paths: list[Path]) -> None:
    """Raises StackError for the first file that cannot be dropped."""
    for path in paths:
        if path.is_dir():
            raise StackError(f"{path} is a directory: name the files in it.")
        if not path.exists():
            raise StackError(f"{path} does not exist.")
        if not arrivals.takes(path.name):
            raise StackError(f"{path} is neither a .csv nor a .csv.gz file.")
    twice = [name for name, number in Counter(path.name for path in paths).items() if number > 1]
    if twice:
        raise StackError(f"Two of the files are called {twice[0]}, and in the lake one would replace the other.")


def content_checksum(path: Path) -> str:
    """The SHA-256 that S3 computes of a copy of the file; of more than 5 GB, that of the parts' SHA-256.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    with path.open("rb") as file:
        if path.stat().st_size <= _LARGEST_COPY_BYTES:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        digests = []
        while part := _digest_of_part(file):
            digests.append(part)
    return f"sha256-of-1GiB-parts:{hashlib.sha256(b''.join(digests)).hexdigest()}-{len(digests)}"


def _digest_of_part(file: BinaryIO) -> bytes:
    """Of the next part; empty at the end."""
    digest, left = hashlib.sha256(), _PART_BYTES
    while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.digest() if left < _PART_BYTES else b""


def drop(
    settings: StackSettings,
    arrivals: Arrivals,
    paths: list[Path],
    progress: Callable[[int], None] = lambda _: None,
    folder: str | None = None,
) -> list[DroppedFile]:
    """Upload the files in their order, into a folder of the landing prefix or beside the folders; `progress` is told of
    the bytes as they go.

    Raises StackError for a file that cannot be read or uploaded.
    """
    check_files(arrivals, paths)
    s3, bucket = aws.client("s3", settings), outputs(settings)["LakeBucket"]

    def upload(path: Path) -> DroppedFile:
        checksum = content_checksum(path)
        dropped_at = datetime.now(UTC).replace(microsecond=0)
        name = f"{folder}/{path.name}" if folder else path.name
        s3.upload_file(str(path), bucket, arrivals.landing_prefix + name, Callback=progress)
        return DroppedFile(name, checksum, dropped_at)

    try:
        return [upload(path) for path in paths]
    except OSError as error:
        raise StackError(f"{error.filename} cannot be read: {error.strerror}.") from error
    except S3UploadFailedError as error:
        raise StackError(str(error)) from error


def follow(settings: StackSettings, arrivals: Arrivals, dropped: list[DroppedFile]) -> Iterator[LedgerRow]:
    """The ledger row of each file, as soon as it is there.

    Raises StackError when none has come for a long time.
    """
    pending = {(file.name, file.checksum): file for file in dropped}
    since = min(file.dropped_at for file in dropped)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while pending:
        for row in ledger_rows_since(settings, arrivals, since):
            if pending.pop((row.file_name, row.checksum), None):
                deadline = time.monotonic() + _PATIENCE_SECONDS
                yield row
        if time.monotonic() > deadline:
            raise StackError(
                f"{next(iter(pending))[0]} is not in the ledger after {_PATIENCE_SECONDS // 60} minutes: "
                f"see the runs of {DAGS[arrivals]} at {settings.airflow_url_on_host}."
            )
        time.sleep(_POLL_INTERVAL_SECONDS)
