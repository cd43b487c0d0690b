"""Files of generated rows."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_GZIP_LEVEL = 1


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its place when it is whole; compressed as its name says, without the time of writing."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb", buffering=io.DEFAULT_BUFFER_SIZE * 128) as file:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as compressed:
                    yield compressed
            else:
                yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
