"""What must hold before anything is started."""

import json
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pymongo
import pymongo.errors
from pymongo.uri_parser import parse_uri

from stack.errors import StackError
from stack.ports import is_free
from stack.settings import StackSettings

_SUPPORTED_PYTHON = ((3, 11), (3, 12))
_OLDEST_POSTGRES = 16
_NEEDED_DISK_BYTES = 2 * 1024**3
_CONNECT_TIMEOUT_SECONDS = 5
_SERVERS_FILE = "servers.json"
# Raised when tables or resources change so that what is in a stack's folder cannot go on with them.
_LAYOUT = "6"
_LAYOUT_FILE = "layout"


def check(settings: StackSettings) -> None:
    """Raises StackError for the first thing that would keep the stack from starting."""
    check_python(sys.version_info[:2])
    check_home(settings.home)
    check_disk(settings)
    check_ports(settings)
    check_servers(settings)


def check_servers(settings: StackSettings) -> None:
    """Own servers must answer, and the home must not belong to others: it keeps what they hold in mind."""
    if settings.postgres_dsn is not None:
        check_postgres(settings.postgres_dsn)
    if settings.mongo_uri is not None:
        check_mongo(settings.mongo_uri)
    servers, remembered = _servers(settings), settings.home / _SERVERS_FILE
    if not remembered.exists():
        remember_layout(settings.home)
        remembered.write_text(json.dumps(servers))
    elif json.loads(remembered.read_text()) != servers:
        raise StackError(
            f"{settings.home} was started with other database servers: set LAKEHOUSE_POSTGRES_DSN and "
            "LAKEHOUSE_MONGO_URI as they were, set LAKEHOUSE_HOME to another folder, or run `lakehouse clean`."
        )


def check_python(version: tuple[int, int]) -> None:
    if version not in _SUPPORTED_PYTHON:
        raise StackError(f"Python {version[0]}.{version[1]} is not supported: run with Python 3.11 or 3.12.")


def check_home(home: Path) -> None:
    """The stack's folder is its own: `lakehouse clean` removes it with all that lies there."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        if any(home.iterdir()) and not (home / _SERVERS_FILE).exists():
            raise StackError(f"{home} holds other files than a stack's: set LAKEHOUSE_HOME to a new or empty folder.")
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise StackError(
            f"{home} cannot be the stack's folder ({error.strerror}): set LAKEHOUSE_HOME to one that you may write to."
        ) from error


def is_used(home: Path) -> bool:
    """Whether a stack was started in the folder before."""
    return (home / _SERVERS_FILE).exists()


def check_layout(home: Path) -> None:
    """Raises StackError when the stack that lies in the folder has tables and resources of another version."""
    layout = home / _LAYOUT_FILE
    if not layout.exists() or layout.read_text() != _LAYOUT:
        raise StackError(
            f"{home} is a stack of another version, whose tables and resources are stored in another format: run "
            "`lakehouse clean` (it removes the stack's data; on database servers of your own, drop the database "
            "`warehouse`), or set LAKEHOUSE_HOME to another folder."
        )


def remember_layout(home: Path) -> None:
    (home / _LAYOUT_FILE).write_text(_LAYOUT)


def check_disk(settings: StackSettings, needed_bytes: int = _NEEDED_DISK_BYTES) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(settings.home).free
    if free_bytes < needed_bytes:
        raise StackError(
            f"{settings.home} has {free_bytes / 1024**3:.1f} GiB free and the stack needs "
            f"{needed_bytes / 1024**3:.0f} GiB: free some space, or set LAKEHOUSE_HOME to a folder that has it."
        )


def check_ports(settings: StackSettings) -> None:
    taken = {variable: port for variable, port in settings.embedded_ports.items() if not is_free(port)}
    if taken:
        ports = ", ".join(str(port) for port in taken.values())
        raise StackError(f"Port {ports} is taken by another program: stop it, or set {', '.join(taken)} to a free one.")


def check_postgres(dsn: str) -> None:
    if urlsplit(dsn).scheme not in {"postgresql", "postgres"}:
        raise StackError("LAKEHOUSE_POSTGRES_DSN is no URL: write it as postgresql://user:password@host:port/database.")
    try:
        with closing(psycopg2.connect(dsn, connect_timeout=_CONNECT_TIMEOUT_SECONDS)) as connection:
            check_postgres_version(connection.server_version)
    except psycopg2.Error as error:
        raise StackError(f"The server of LAKEHOUSE_POSTGRES_DSN refuses: {_one_line(error)}") from error


def check_postgres_version(version: int) -> None:
    """The version as PostgreSQL counts it: 160004 is 16.4."""
    if version < _OLDEST_POSTGRES * 10_000:
        raise StackError(
            f"The server of LAKEHOUSE_POSTGRES_DSN is PostgreSQL {version // 10_000}, which lacks what the warehouse's"
            f" functions need: use PostgreSQL {_OLDEST_POSTGRES} or later."
        )


def check_mongo(uri: str) -> None:
    try:
        with pymongo.MongoClient(uri, serverSelectionTimeoutMS=_CONNECT_TIMEOUT_SECONDS * 1000) as client:
            client.admin.command("listDatabases", nameOnly=True)
    except pymongo.errors.OperationFailure as error:
        raise StackError(f"The server of LAKEHOUSE_MONGO_URI refuses: {error.details['errmsg']}") from error
    except pymongo.errors.ConnectionFailure as error:
        raise StackError("The server of LAKEHOUSE_MONGO_URI does not answer: start it, or correct the URI.") from error
    except (pymongo.errors.PyMongoError, ValueError) as error:
        raise StackError(f"LAKEHOUSE_MONGO_URI is no MongoDB URI: {_one_line(error)}") from error


def _servers(settings: StackSettings) -> dict[str, str | None]:
    """Where the own servers are, without their passwords; None for an embedded one."""
    postgres, mongo = settings.postgres_dsn, settings.mongo_uri
    return {
        "postgres": urlsplit(postgres).netloc.rpartition("@")[2] if postgres else None,
        "mongo": ",".join(f"{host}:{port}" for host, port in parse_uri(mongo)["nodelist"]) if mongo else None,
    }


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
