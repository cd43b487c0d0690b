"""Runs statements in threads: one connection and one transaction per request."""

import threading
import time
from contextlib import closing
from dataclasses import dataclass, field

import psycopg2
from psycopg2 import extensions

from local_aws import state
from local_aws.redshift_data.copy.command import CopyCommand
from local_aws.redshift_data.copy.loader import load
from local_aws.redshift_data.exceptions import StatementError, ValidationException
from local_aws.redshift_data.sql.dialect import Operation
from local_aws.redshift_data.sql.dialect import Statement as SqlStatement
from local_aws.redshift_data.statements.messages import error_message
from local_aws.redshift_data.statements.model import Statement, SubStatement
from local_aws.redshift_data.statements.results import column_metadata, keep_text, write_result
from local_aws.redshift_data.statements.session import Session
from local_aws.redshift_data.statements.translation import translated
from local_aws.redshift_data.unload.writer import unload

# Beyond this number, statements wait in state SUBMITTED.
CONCURRENT_STATEMENTS = 16
CANCEL_SECONDS = 0.05
STATE_SERVICE = "redshiftdata"

_slots = threading.BoundedSemaphore(CONCURRENT_STATEMENTS)
_runs: dict[str, "Run"] = {}


@dataclass
class Run:
    """A statement under way: what cancelling it needs. The lock decides between a cancel and a commit.

    `is_executing` while its parts are run, and so may be cancelled.
    """

    statement: Statement
    connection: extensions.connection | None = None
    is_executing: bool = False
    is_cancelled: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check_cancelled(self) -> None:
        """Raises StatementError when somebody has cancelled the statement."""
        if self.is_cancelled:
            raise StatementError("ERROR: Query cancelled on user's request")


def start(statement: Statement) -> None:
    run = Run(statement)
    _runs[statement.id] = run
    threading.Thread(target=_run, args=(run,), name=f"redshift-{statement.id}", daemon=True).start()


def cancel(statement: Statement) -> None:
    """Have the statement end: as ABORTED at once while it waits, else when what it did is rolled back."""
    run = _runs.get(statement.id)
    if run is None:
        raise ValidationException(f"Could not cancel a query that is already finished with ID: {statement.id}")
    with run.lock:
        if not statement.is_unfinished:
            raise ValidationException(
                f"Could not cancel a query that is already in {statement.status} state with ID: {statement.id}"
            )
        run.is_cancelled = True
        if run.connection is None:
            statement.finish("ABORTED")
            return
    threading.Thread(target=_cancel_what_is_executed, args=(run,), daemon=True).start()


def _cancel_what_is_executed(run: Run) -> None:
    """Again and again: a server that is not executing anything at that moment forgets that it was to cancel."""
    while True:
        with run.lock:
            if not run.is_executing:
                return
            run.connection.cancel()
        time.sleep(CANCEL_SECONDS)


def _run(run: Run) -> None:
    statement = run.statement
    try:
        with _slots:
            with run.lock:
                run.check_cancelled()
                statement.status = "PICKED"
            _run_in_connection(run)
    except Exception as error:
        _fail(run, error_message(error))
    finally:
        _runs.pop(statement.id, None)
        state.save(STATE_SERVICE)


def _run_in_connection(run: Run) -> None:
    statement = run.statement
    with closing(statement.target.connect()) as connection:
        with run.lock:
            run.check_cancelled()
            run.connection, run.is_executing = connection, True
            statement.status = "STARTED"
            statement.pid = connection.info.backend_pid
        session = Session(connection, statement.target, query_id=statement.pid)
        started = time.monotonic_ns()
        try:
            try:
                for number, part in enumerate(statement.parts, 1):
                    run.check_cancelled()
                    _run_part(session, run, part, number)
            finally:
                with run.lock:
                    run.is_executing = False
                # A client may ask for them as soon as it is told of the end.
                session.write_load_errors()
            with run.lock:
                run.check_cancelled()
                connection.commit()
                statement.duration = time.monotonic_ns() - started
                statement.finish("FINISHED")
        finally:
            with run.lock:
                run.connection = None
            connection.rollback()


def _run_part(session: Session, run: Run, part: SubStatement, number: int) -> None:
    """Run one statement of the request; its failure names its place in a batch."""
    statement = run.statement
    part.status = "STARTED"
    started = time.monotonic_ns()
    try:
        operation = translated(session, part.query_string, statement.bound_parameters)
        _execute(session, statement, part, operation)
    except (psycopg2.Error, StatementError, OSError) as error:
        message = error_message(error)
        if not run.is_cancelled:
            part.finish("FAILED", message)
        raise StatementError(f"Query #{number} failed with {message}" if statement.is_batch else message) from error
    part.duration = time.monotonic_ns() - started
    part.finish("FINISHED")


def _execute(session: Session, statement: Statement, part: SubStatement, operation: Operation) -> None:
    if isinstance(operation, CopyCommand):
        part.result_rows = load(session, operation)
    elif isinstance(operation, SqlStatement):
        _execute_sql(session, statement, part, operation)
    else:
        part.result_rows = unload(session, operation, statement.bound_parameters)


def _execute_sql(session: Session, statement: Statement, part: SubStatement, operation: SqlStatement) -> None:
    connection = session.connection
    if operation.is_outside_transactions:
        if statement.is_batch:
            raise StatementError("ERROR: VACUUM cannot run inside a transaction block")
        connection.autocommit = True
    with connection.cursor(name="statement" if operation.is_query else None) as cursor:
        keep_text(cursor)
        cursor.execute(operation.sql, statement.bound_parameters)
        if operation.is_query or cursor.description:
            part.result_rows, part.result_size, scales = write_result(part.id, cursor)
            part.columns = column_metadata(cursor, scales)
            part.has_result_set = True
        else:
            part.result_rows, part.result_size = cursor.rowcount, 0
    if operation.changed_table:
        session.limit_texts(operation.changed_table)
    if operation.commits:
        connection.commit()


def _fail(run: Run, message: str) -> None:
    with run.lock:
        if run.statement.is_unfinished and run.is_cancelled:
            run.statement.finish("ABORTED")
        elif run.statement.is_unfinished:
            run.statement.finish("FAILED", message)
