"""S3 as a target: DMS's files LOAD00000001.parquet|csv, each visible in the bucket once it is complete."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import pyarrow as pa

from local_aws.dms.engine.formats import BatchWriter, file_suffix, open_writer
from local_aws.dms.specification import S3Target
from local_aws.storage import atomic_file, bucket_directory, object_path

FILE_NAME = re.compile(r"LOAD([0-9A-F]{8,})\.")
OP_COLUMN = "Op"
INSERT = "I"

_open_files: set[Path] = set()


def discard_open_files() -> None:
    """Remove the files that are being written: for a process that is told to end."""
    for path in list(_open_files):
        path.unlink(missing_ok=True)


@contextmanager
def _object_file(path: Path) -> Iterator[Path]:
    with atomic_file(path) as temporary:
        _open_files.add(temporary)
        try:
            yield temporary
        finally:
            _open_files.discard(temporary)


def formatted_timestamp(moment: datetime) -> str:
    """The text of DMS's TimestampColumnName."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def check_bucket(target: S3Target) -> None:
    """Raises FileNotFoundError when the bucket does not exist."""
    if not bucket_directory(target.bucket).is_dir():
        raise FileNotFoundError(f"The bucket {target.bucket} of the target does not exist")


class TargetTable:
    """A table's folder in the bucket. It comes into being with the first row."""

    def __init__(self, target: S3Target, schema: str, table: str, task_start: datetime) -> None:
        self._target = target
        self._task_start = task_start
        key = "/".join(part for part in (target.folder, schema, table) if part)
        self._folder = object_path(target.bucket, key)
        self._number = 0
        self._lock = Lock()

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def continue_numbering(self) -> None:
        """Add to the files that are there."""
        names = [path.name for path in self._folder.iterdir()] if self._folder.is_dir() else []
        numbers = [int(match[1], 16) for name in names if (match := FILE_NAME.match(name))]
        self._number = max(numbers, default=0)

    def _next_path(self) -> Path:
        with self._lock:
            self._number += 1
            return self._folder / f"LOAD{self._number:08X}{file_suffix(self._target)}"

    def with_added_columns(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Op and the timestamp column come before the columns of the source."""
        constants: dict[str, str] = {}
        if self._target.include_op:
            constants[OP_COLUMN] = INSERT
        if self._target.timestamp_column_name:
            moment = self._task_start if self._target.use_task_start_time else datetime.now(UTC)
            constants[self._target.timestamp_column_name] = formatted_timestamp(moment)
        added = [pa.repeat(pa.scalar(value), batch.num_rows) for value in constants.values()]
        return pa.RecordBatch.from_arrays([*added, *batch.columns], names=[*constants, *batch.schema.names])

    def open(self) -> "TargetFiles":
        return TargetFiles(self._target, self)


class TargetFiles:
    """One writer's files of a table: a next one is begun once a file has reached the size limit."""

    def __init__(self, target: S3Target, table: TargetTable) -> None:
        self._target = target
        self._table = table
        self._stack = ExitStack()
        self._writer: BatchWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        batch = self._table.with_added_columns(batch)
        if self._writer is None:
            path = self._stack.enter_context(_object_file(self._table._next_path()))
            self._writer = self._stack.enter_context(open_writer(path, batch, self._target))
        self._writer.write(batch)
        if self._writer.size() >= self._target.max_file_size * 1024:
            self._stack.close()
            self._writer = None
