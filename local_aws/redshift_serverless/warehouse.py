"""The PostgreSQL server that plays Redshift: its address, and the databases that namespaces create on it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import extensions, sql

from local_aws.redshift_serverless.exceptions import ValidationException
from local_aws.settings import endpoint_settings

COMPATIBILITY_SQL = Path(__file__).with_name("compatibility.sql")
SYSTEM_SCHEMA = "redshift_system"


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
            "The local endpoint has no warehouse: set LAKEHOUSE_WAREHOUSE_DSN to the PostgreSQL server"
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
        connection = psycopg2.connect(warehouse_dsn())
    except psycopg2.OperationalError as error:
        raise ValidationException(f"The warehouse server cannot be reached: {error}".strip()) from error
    with closing(connection):
        connection.autocommit = True
        yield connection


def create_database(name: str) -> bool:
    """Create the database with Redshift's functions and system views; False if it was there already."""
    with maintenance_connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        is_created = cursor.fetchone() is None
        if is_created:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
            )
        cursor.execute(
            sql.SQL('ALTER DATABASE {} SET search_path = "$user", public, {}').format(
                sql.Identifier(name), sql.Identifier(SYSTEM_SCHEMA)
            )
        )
        cursor.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'UTC'").format(sql.Identifier(name)))
    with (
        closing(psycopg2.connect(warehouse_dsn(), dbname=name)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(COMPATIBILITY_SQL.read_text())
    return is_created


def drop_database(name: str) -> None:
    with maintenance_connection() as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def set_administrator(database: str, user: str, password: str) -> None:
    """Create the login role (or give it this password) and make it the database's owner."""
    with maintenance_connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,))
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        cursor.execute(
            sql.SQL("{} ROLE {} LOGIN CREATEROLE PASSWORD %s").format(verb, sql.Identifier(user)), (password,)
        )
        cursor.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(user)))
