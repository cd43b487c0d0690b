"""The embedded document database: SecantusDB, which speaks MongoDB's wire protocol, in a process of its own."""

import sys
from pathlib import Path

import pymongo
import pymongo.errors

from stack.settings import HOST

_PROGRAM = Path(sys.executable).parent / "secantusd-py"


def command(directory: Path, port: int) -> list[str]:
    """The command line of the server, to be run in the foreground.

    Without --sync-on-commit a kill loses writes that were acknowledged.
    """
    location = ["--host", HOST, "--port", str(port), "--storage-path", str(directory)]
    return [str(_PROGRAM), *location, "--cache-size", "256M", "--sync-on-commit"]


def uri(port: int) -> str:
    return f"mongodb://{HOST}:{port}/?directConnection=true"


def is_ready(server_uri: str) -> bool:
    try:
        with pymongo.MongoClient(server_uri, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")
    except pymongo.errors.ConnectionFailure:
        return False
    return True
