"""The PostgreSQL server that plays Redshift: its address, and the databases that namespaces create on it."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import extensions, sql

from local_aws.redshift_serverless.exceptions import ValidationException
from local_aws.redshift_serverless.roles import drop_role, hand_over, make_role, password_of, role_of
from local_aws.settings import endpoint_settings

SYSTEM_SCRIPTS = (Path(__file__).with_name("functions.sql"), Path(__file__).with_name("system_views.sql"))
SYSTEM_SCHEMA = "redshift_system"
# PostgreSQL's own functions come last, so that those of the system schema are found before them.
SEARCH_PATH = f'"$user", public, {SYSTEM_SCHEMA}, pg_catalog'
# The server's own user finds no function that a statement may have left in the database.
SYSTEM_OPTIONS = "-c search_path=pg_catalog"


@dataclass(frozen=True)
class Server:
    """Where the server listens and its administrator's credentials."""

    host: str
    port: int
    user: str
    password: str


def warehouse_dsn() -> str:
    dsn = endpoint_settings().warehouse_dsn
    if not dsn:
        raise ValidationException(
            "The local endpoint has no warehouse: set LAKEHOUSE_AWS_WAREHOUSE_DSN to the PostgreSQL server"
            " that plays Redshift and start the endpoint again."
        )
    return dsn


def server() -> Server:
    options = extensions.parse_dsn(warehouse_dsn())
    return Server(
        host=options.get("host", "localhost"),
        port=int(options.get("port", 5432)),
        user=options.get("user", "postgres"),
        password=options.get("password", ""),
    )


@contextmanager
def maintenance_connection() -> Iterator[extensions.connection]:
    """A connection that can create and drop databases (those statements run outside transactions)."""
    try:
        connection = psycopg2.connect(warehouse_dsn(), options=SYSTEM_OPTIONS)
    except psycopg2.OperationalError as error:
        raise ValidationException(f"The warehouse server cannot be reached: {error}".strip()) from error
    with closing(connection):
        connection.autocommit = True
        yield connection


def create_database(name: str) -> bool:
    """Create the database with Redshift's functions and system views; False if it was there already."""
    user = statement_user(name)
    with maintenance_connection() as connection, connection.cursor() as cursor:
        make_role(connection, user.name, user.password)
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        is_created = cursor.fetchone() is None
        if is_created:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
            )
    prepare_database(name)
    return is_created


def prepare_database(name: str) -> None:
    """Bring a database to this version: settings, system schema, and the role that its statements run under."""
    user = statement_user(name)
    with maintenance_connection() as connection, connection.cursor() as cursor:
        make_role(connection, user.name, user.password)
        cursor.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = {}").format(sql.Identifier(name), sql.SQL(SEARCH_PATH))
        )
        cursor.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'UTC'").format(sql.Identifier(name)))
    with closing(psycopg2.connect(warehouse_dsn(), dbname=name, options=SYSTEM_OPTIONS)) as connection, connection:
        with connection.cursor() as cursor:
            for script in SYSTEM_SCRIPTS:
                cursor.execute(script.read_text())
        hand_over(connection, name, user.name)


_prepared: set[tuple[str, str]] = set()
_preparing = threading.Lock()


def ensure_prepared(name: str) -> None:
    """Prepare a database that this process has not met: it may be an earlier version's."""
    with _preparing:
        place = (warehouse_dsn(), name)
        if place not in _prepared:
            prepare_database(name)
            _prepared.add(place)


def forget_prepared(name: str) -> None:
    _prepared.discard((warehouse_dsn(), name))


@dataclass(frozen=True)
class User:
    name: str
    password: str


def statement_user(database: str) -> User:
    """Who runs a statement that names no other user."""
    role = role_of(database)
    return User(role, password_of(role, server().password))


def drop_database(name: str) -> None:
    with maintenance_connection() as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        drop_role(connection, role_of(name))
    forget_prepared(name)


def set_administrator(database: str, user: str, password: str) -> None:
    """Create the login role (or give it this password) and make it the database's owner."""
    with maintenance_connection() as connection, connection.cursor() as cursor:
        make_role(connection, user, password)
        cursor.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(user)))
        cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role_of(database)), sql.Identifier(user)))
