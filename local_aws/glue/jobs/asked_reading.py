"""Operations of WebHDFS that read what Spark asks for."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from local_aws.glue.jobs.asked_objects import CHUNK_BYTES, AskedObject, Call, Content

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


def content_summary(call: Call) -> object:
    statuses = list(_statuses(_with_all_below(_found(call.asked))))
    files = [status for status in statuses if status["type"] == "FILE"]
    length = sum(int(status["length"]) for status in files)
    counts = {"fileCount": len(files), "directoryCount": len(statuses) - len(files)}
    return {"ContentSummary": {**counts, "length": length, "spaceConsumed": length, "quota": -1, "spaceQuota": -1}}


def check_access(call: Call) -> object:
    """Raises AccessDeniedError where the role may not read, or write, what there is; a folder is read by listing it."""
    found = _found(call.asked)
    wanted = call.parameters.get("fsaction", "")
    if "r" in wanted and found.path.is_file():
        found.authorize("GetObject")
    if "w" in wanted:
        (found if found.path.is_file() else found.folder_object).authorize("PutObject")
    return None


def home_directory() -> object:
    """Hadoop's client asks for it before all else, and uses it for relative paths only."""
    return {"Path": "/user/hadoop"}


def server_defaults() -> object:
    return {
        "FsServerDefaults": {
            "blockSize": BLOCK_BYTES,
            "bytesPerChecksum": 512,
            "writePacketSize": CHUNK_BYTES,
            "replication": 1,
            "fileBufferSize": CHUNK_BYTES,
            "encryptDataTransfer": False,
            "trashInterval": 0,
            "checksumType": 0,
            "keyProviderUri": "",
            "defaultStoragePolicyId": 0,
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


def _with_all_below(found: AskedObject) -> Iterator[AskedObject]:
    yield found
    with suppress(FileNotFoundError, NotADirectoryError):
        for child in found.children():
            yield from _with_all_below(child)


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
    "GETCONTENTSUMMARY": content_summary,
    "CHECKACCESS": check_access,
    "OPEN": open_file,
}
# Of no file, and of no run.
GENERAL: dict[str, Callable[[], object]] = {
    "GETHOMEDIRECTORY": home_directory,
    "GETSERVERDEFAULTS": server_defaults,
}
