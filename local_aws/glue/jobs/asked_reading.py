"""Operations of WebHDFS that read what Spark asks for."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from local_aws.glue.jobs.asked_objects import AskedObject, Call, Content

# Hadoop divides files of this size among tasks.
BLOCK_BYTES = 128 << 20


def file_status(call: Call) -> object:
    return {"FileStatus": _status(_found(call.asked), "")}


def list_status(call: Call) -> object:
    found = _found(call.asked)
    if not found.path.is_dir():
        return {"FileStatuses": {"FileStatus": [_status(found, "")]}}
    return {"FileStatuses": {"FileStatus": list(_statuses(found.children()))}}


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
    call.asked.authorize("GetObject")
    found = _found(call.asked)
    file = found.path.open("rb")
    size = os.fstat(file.fileno()).st_size
    offset = min(int(call.parameters.get("offset", "0")), size)
    file.seek(offset)
    length = min(int(call.parameters.get("length", size)), size - offset)
    return Content(file, length)


def _found(asked: AskedObject) -> AskedObject:
    """Raises AccessDeniedError where S3 would not tell what there is: of no object it tells who may list."""
    if asked.path.is_file():
        asked.authorize_source("GetObject")
        return asked
    asked.authorize_listing()
    if not asked.path.exists():
        asked.check_bucket()
        raise FileNotFoundError(f"No such file or directory: s3://{asked.bucket}/{asked.key}")
    return asked


def _statuses(children: Iterable[AskedObject]) -> Iterator[dict[str, object]]:
    """Of those that are still there."""
    for child in children:
        with suppress(FileNotFoundError):
            yield _status(child, child.path.name)


def _status(found: AskedObject, name: str) -> dict[str, object]:
    state = found.path.stat()
    is_folder = stat.S_ISDIR(state.st_mode)
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


READING: dict[str, Callable[[Call], object]] = {
    "GETFILESTATUS": file_status,
    "LISTSTATUS": list_status,
    "GET_BLOCK_LOCATIONS": block_locations,
    "OPEN": open_file,
}
