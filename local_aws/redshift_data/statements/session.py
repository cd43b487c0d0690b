"""A statement's connection while it runs, and what must be written beside its transaction."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg2 import extensions, sql
from psycopg2.extras import execute_values

from local_aws import access
from local_aws.redshift_data.connections import Target
from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

SERVICE = "redshift.amazonaws.com"
SESSION_NAME = "RedshiftIamRoleSession"

INSERT_LOAD_ERRORS = sql.SQL(
    "INSERT INTO {}.sys_load_error_detail (query_id, session_id, database_name, table_id, start_time, file_name,"
    ' line_number, column_name, column_type, "position", error_code, error_message) VALUES %s'
).format(sql.Identifier(SYSTEM_SCHEMA))
INSERT_LOAD_HISTORY = sql.SQL(
    "INSERT INTO {}.sys_load_history (query_id, session_id, database_name, table_name, start_time, end_time, duration,"
    " status, data_source, file_format, loaded_rows, loaded_bytes, source_file_count, error_count)"
    " VALUES (%(query_id)s, %(session_id)s, %(database_name)s, %(table_name)s, %(start_time)s,"
    " clock_timestamp() AT TIME ZONE 'UTC',"
    " (extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - %(start_time)s) * 1000000)::bigint, 'completed',"
    " %(data_source)s, %(file_format)s, %(loaded_rows)s, %(loaded_bytes)s, %(source_file_count)s, %(error_count)s)"
).format(sql.Identifier(SYSTEM_SCHEMA))


@dataclass(frozen=True)
class LoadError:
    """A row that COPY could not load. `line_number` counts from 1; 0 for a file as a whole."""

    table_id: int
    file_name: str
    line_number: int
    message: str
    column_name: str = ""
    column_type: str = ""
    position: int = 0
    code: int = 1204


@dataclass
class Session:
    connection: extensions.connection
    target: Target
    query_id: int
    load_errors: list[tuple[datetime, LoadError]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.connection.info.backend_pid

    def cursor(self) -> extensions.cursor:
        return self.connection.cursor()

    def limit_texts(self, table: str) -> None:
        """Have the table's VARCHAR and CHAR columns refuse texts of more bytes than they may have."""
        with self.cursor() as cursor:
            cursor.execute("SELECT redshift_system.limit_texts(to_regclass(%s))", (table,))

    def check_iam_role(self, role: str) -> None:
        """COPY and UNLOAD may use a role that the namespace has, as on AWS."""
        namespace = self.target.namespace
        if role == "default":
            if not namespace.default_iam_role_arn:
                raise StatementError(
                    "ERROR: The default IAM role is not set: give the namespace"
                    f" {namespace.namespace_name} a DefaultIamRoleArn."
                )
        elif role not in namespace.iam_roles:
            raise StatementError(
                f"ERROR: The role {role} is not associated with the namespace {namespace.namespace_name}."
            )

    @contextmanager
    def acting_as_iam_role(self, role: str) -> Iterator[None]:
        """Read or write S3 with the rights of the role, as COPY and UNLOAD do; raises StatementError."""
        self.check_iam_role(role)
        arn = self.target.namespace.default_iam_role_arn if role == "default" else role
        try:
            principal = access.service_session(arn, SERVICE, SESSION_NAME)
        except access.AccessDeniedError as error:
            raise StatementError(f"ERROR: Not authorized to assume IAM Role {arn}: let {SERVICE} assume it.") from error
        try:
            with access.acting_as(principal):
                yield
        except access.AccessDeniedError as error:
            raise StatementError(f"ERROR: S3ServiceException:{error.message},Status 403,Error AccessDenied") from error

    def record_load(self, started: datetime, **values: Any) -> None:
        """A line of SYS_LOAD_HISTORY, in the statement's own transaction."""
        base = {
            "query_id": self.query_id,
            "session_id": self.pid,
            "database_name": self.target.database,
            "start_time": started,
        }
        with self.cursor() as cursor:
            cursor.execute(INSERT_LOAD_HISTORY, base | values)

    def write_load_errors(self) -> None:
        """Into SYS_LOAD_ERROR_DETAIL, in a transaction of its own: they outlive the rollback of the load."""
        if not self.load_errors:
            return
        rows = [
            (
                self.query_id, self.pid, self.target.database, error.table_id, started, error.file_name,
                error.line_number, error.column_name, error.column_type, error.position, error.code, error.message,
            )
            for started, error in self.load_errors
        ]  # fmt: skip
        with closing(self.target.connect()) as connection, connection, connection.cursor() as cursor:
            execute_values(cursor, INSERT_LOAD_ERRORS, rows)
