"""The role that a namespace's statements run under: it owns what they make, and has no right beyond its database.

It logs in as itself, so there is no way back to the server's own user. Being no superuser, it reads and runs nothing of
the host (https://www.postgresql.org/docs/18/predefined-roles.html); being a member of no other role, it reads no other
database's tables. It may make roles, as Redshift's users may; before version 16 of PostgreSQL that would have let it
make itself a reader of the server's files, so there it may not.
"""

import hashlib
import hmac
from pathlib import Path

import psycopg2
from psycopg2 import extensions, sql

from local_aws.redshift_serverless.exceptions import ValidationException

OWNED_OBJECTS_SQL = Path(__file__).with_name("owned_objects.sql")
MAX_NAME_LENGTH = 63


def role_of(database: str) -> str:
    return f"redshift_{database}"[:MAX_NAME_LENGTH]


def password_of(role: str, server_password: str) -> str:
    """Derived from the password of the server's user, so it is known wherever that is and kept nowhere."""
    return hmac.new(server_password.encode(), f"redshift role {role}".encode(), hashlib.sha256).hexdigest()


def make_role(connection: extensions.connection, role: str, password: str) -> None:
    """Create the role, or give it this password; outside of transactions.

    Its CREATEROLE has power over the roles that it made itself, and over no others (PostgreSQL 16 and later).

    Raises ValidationException when the server's user may not.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        statement = sql.SQL("{} ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
            sql.SQL(verb),
            sql.Identifier(role),
            sql.Literal(password),
        )
        try:
            cursor.execute(statement)
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if not cursor.fetchone()[0]:
                grant = sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE")
                cursor.execute(grant.format(sql.Identifier(role)))
        except psycopg2.errors.InsufficientPrivilege as error:
            user = connection.info.user
            raise ValidationException(
                f"The PostgreSQL user {user} may not make the role {role}, which the warehouse's statements run under:"
                f" have a superuser run ALTER ROLE {user} CREATEROLE."
            ) from error


def hand_over(connection: extensions.connection, database: str, role: str) -> None:
    """Give the role its rights in the connected database, and what the server's user owns there outside the system."""
    with connection.cursor() as cursor:
        rights = "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}"
        cursor.execute(sql.SQL(rights).format(sql.Identifier(database), sql.Identifier(role)))
        cursor.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(role)))
        cursor.execute(OWNED_OBJECTS_SQL.read_text(), {"role": role})
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def drop_role(connection: extensions.connection, role: str) -> None:
    """Remove the role; one that others depend on stays, without a way to log in."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        except psycopg2.errors.DependentObjectsStillExist:
            cursor.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))
