"""An object's content as moto handles it, a value with a length and slices, that stays on disk."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 18
COPIED_AT_ONCE = 1 << 30


class FileContent:
    """Bytes begin to end of an open file. Slicing narrows it, iterating reads it chunk by chunk."""

    def __init__(self, file: "OpenFile", begin: int, end: int) -> None:
        self.file = file
        self.begin = begin
        self.end = end

    def __len__(self) -> int:
        return self.end - self.begin

    def __getitem__(self, window: slice) -> "FileContent":
        begin, end, _ = window.indices(len(self))
        return FileContent(self.file, self.begin + begin, self.begin + max(begin, end))

    def __iter__(self) -> Iterator[bytes]:
        position = self.begin
        while position < self.end:
            chunk = os.pread(self.file.descriptor, min(CHUNK_BYTES, self.end - position), position)
            if not chunk:
                raise OSError(f"{self.file.path} became shorter while it was read")
            position += len(chunk)
            yield chunk

    def __bytes__(self) -> bytes:
        return b"".join(self)

    def decode(self, encoding: str = "utf-8") -> str:
        """For moto's own readers of small objects, such as CloudFormation templates."""
        return bytes(self).decode(encoding)

    def close(self) -> None:
        self.file.close()


class OpenFile:
    """A file opened for reading, so that its content stays the same whoever replaces it."""

    def __init__(self, path: os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.descriptor = os.open(path, os.O_RDONLY)
        self.status = os.fstat(self.descriptor)

    def content(self) -> FileContent:
        return FileContent(self, 0, self.status.st_size)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __del__(self) -> None:
        self.close()


def append(source: Path, target: BinaryIO) -> None:
    """Append a file to an open one that has no buffer, inside of the kernel where it can."""
    with source.open("rb", buffering=0) as content:
        if not hasattr(os, "copy_file_range"):
            shutil.copyfileobj(content, target, CHUNK_BYTES)
            return
        while os.copy_file_range(content.fileno(), target.fileno(), COPIED_AT_ONCE):
            pass
