"""What Spark may do with objects whose keys its role's policies tell apart, each operation of WebHDFS as calls of S3.

Hadoop's folders are none of S3's: what a listing tells of them needs `s3:ListBucket`, and to make one needs what the
object needs by which S3 shows it. What lies in `_temporary` is on its way: with it the role may do what it needs to
have it become an object, `s3:PutObject`, as S3 has no renaming and Glue's own committer no such folder.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from local_aws.access.objects import authorize_listing, authorize_object
from local_aws.s3.bodies import staging_file
from local_aws.storage import TEMPORARY_PREFIX, bucket_directory, engine_path

CHUNK_BYTES = 1 << 16
STAGED_FOLDER = "_temporary"
# Hadoop divides files of this size among tasks.
BLOCK_BYTES = 128 << 20


@dataclass(frozen=True)
class AskedObject:
    """An object or a folder by its bucket and key; the key of the bucket's own folder is empty."""

    bucket: str
    key: str

    @classmethod
    def of_path(cls, path: str) -> "AskedObject":
        bucket, _, key = path.partition("/")
        return cls(bucket, key.strip("/"))

    @property
    def path(self) -> Path:
        return engine_path(self.bucket, self.key)

    @property
    def is_staged(self) -> bool:
        return STAGED_FOLDER in self.key.split("/")

    def below(self, name: str) -> "AskedObject":
        return AskedObject(self.bucket, f"{self.key}/{name}" if self.key else name)

    def authorize(self, *actions: str) -> None:
        for action in actions:
            authorize_object(f"s3:{action}", f"s3://{self.bucket}/{self.key}")

    def authorize_listing(self) -> None:
        if not self.is_staged:
            authorize_listing(f"s3://{self.bucket}/{self.key}/" if self.key else f"s3://{self.bucket}/")

    def children(self) -> list["AskedObject"]:
        names = (entry.name for entry in os.scandir(self.path) if not entry.is_symlink())
        return [self.below(name) for name in sorted(names) if not name.startswith(TEMPORARY_PREFIX)]

    def files(self) -> Iterator["AskedObject"]:
        """The object itself, or all below the folder."""
        if not self.path.is_dir():
            yield self
            return
        for child in self.children():
            yield from child.files()


@dataclass(frozen=True)
class Call:
    """An operation: the object, what is to be written, and parameters; `destination` is a bucket and a key."""

    asked: AskedObject
    parameters: Mapping[str, str]
    content: BinaryIO


@dataclass(frozen=True)
class Content:
    """So many bytes of a file, from where it is being read."""

    file: BinaryIO
    size: int

    def __iter__(self) -> Iterator[bytes]:
        remaining = self.size
        while chunk := self.file.read(min(CHUNK_BYTES, remaining)):
            remaining -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()


def file_status(call: Call) -> object:
    return {"FileStatus": _status(_found(call.asked), "")}


def list_status(call: Call) -> object:
    found = _found(call.asked)
    if not found.path.is_dir():
        return {"FileStatuses": {"FileStatus": [_status(found, "")]}}
    return {"FileStatuses": {"FileStatus": [_status(child, child.path.name) for child in found.children()]}}


def block_locations(call: Call) -> object:
    """One block, which is nowhere in particular."""
    found = _found(call.asked)
    size = found.path.stat().st_size
    block = {"blockPoolId": "", "blockId": 0, "generationStamp": 0, "numBytes": size}
    located = {"block": block, "isCorrupt": False, "startOffset": 0, "locations": [], "cachedLocations": []}
    return {
        "LocatedBlocks": {
            "fileLength": size,
            "isUnderConstruction": False,
            "locatedBlocks": [located],
            "lastLocatedBlock": located,
            "isLastBlockComplete": True,
        }
    }


def open_file(call: Call) -> Content:
    found = _found(call.asked)
    found.authorize("GetObject")
    file = found.path.open("rb")
    size = os.fstat(file.fileno()).st_size
    offset = min(int(call.parameters.get("offset", "0")), size)
    file.seek(offset)
    length = min(int(call.parameters.get("length", size)), size - offset)
    return Content(file, length)


def create(call: Call) -> object:
    call.asked.authorize("PutObject")
    if call.asked.path.exists() and call.parameters.get("overwrite") != "true":
        raise FileExistsError(f"s3://{call.asked.bucket}/{call.asked.key} exists already")
    staged = staging_file()
    try:
        with staged.open("wb") as file:
            shutil.copyfileobj(call.content, file, CHUNK_BYTES)
        call.asked.path.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(call.asked.path)
    finally:
        staged.unlink(missing_ok=True)
    return None


def make_folders(call: Call) -> object:
    if not call.asked.path.is_dir():
        AskedObject(call.asked.bucket, f"{call.asked.key}/").authorize("PutObject")
        call.asked.path.mkdir(parents=True, exist_ok=True)
    return {"boolean": True}


def rename(call: Call) -> object:
    target = AskedObject.of_path(call.parameters["destination"])
    if not call.asked.path.exists():
        return {"boolean": False}
    if target.path.is_dir():
        target = target.below(call.asked.path.name)
    for file in call.asked.files():
        if not call.asked.is_staged:
            file.authorize("GetObject", "DeleteObject")
        AskedObject(target.bucket, target.key + file.key.removeprefix(call.asked.key)).authorize("PutObject")
    if target.path.exists():
        return {"boolean": False}
    target.path.parent.mkdir(parents=True, exist_ok=True)
    call.asked.path.rename(target.path)
    return {"boolean": True}


def delete(call: Call) -> object:
    path = call.asked.path
    if not path.exists() or path == bucket_directory(call.asked.bucket):
        return {"boolean": False}
    if not call.asked.is_staged:
        for file in call.asked.files():
            if not file.is_staged:
                file.authorize("DeleteObject")
    if not path.is_dir():
        path.unlink()
    elif call.parameters.get("recursive") == "true":
        shutil.rmtree(path)
    else:
        path.rmdir()
    return {"boolean": True}


def _found(asked: AskedObject) -> AskedObject:
    """Raises AccessDeniedError where S3 would not tell what there is: of no object it tells who may list."""
    if asked.path.is_file():
        if not asked.is_staged:
            asked.authorize("GetObject")
        return asked
    asked.authorize_listing()
    if not asked.path.exists():
        raise FileNotFoundError(f"No such file or directory: s3://{asked.bucket}/{asked.key}")
    return asked


def _status(found: AskedObject, name: str) -> dict[str, object]:
    is_folder = found.path.is_dir()
    state = found.path.stat()
    return {
        "pathSuffix": name,
        "type": "DIRECTORY" if is_folder else "FILE",
        "length": 0 if is_folder else state.st_size,
        "owner": "hadoop",
        "group": "hadoop",
        "permission": "777" if is_folder else "666",
        "accessTime": 0,
        "modificationTime": int(state.st_mtime * 1000),
        "blockSize": 0 if is_folder else BLOCK_BYTES,
        "replication": 0 if is_folder else 1,
    }


OPERATIONS: dict[str, Callable[[Call], object]] = {
    "GETFILESTATUS": file_status,
    "LISTSTATUS": list_status,
    "GET_BLOCK_LOCATIONS": block_locations,
    "OPEN": open_file,
    "CREATE": create,
    "MKDIRS": make_folders,
    "RENAME": rename,
    "DELETE": delete,
}
