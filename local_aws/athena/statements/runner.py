"""Runs queries in the background: a bounded number at a time, each of which can be stopped."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb

from local_aws import access, state
from local_aws.access.objects import authorize_object
from local_aws.athena.catalog.tables import DEFAULT_DATABASE, Catalog
from local_aws.athena.executions.model import QueryExecution, QueryState
from local_aws.athena.executions.result_files import write_csv
from local_aws.athena.executions.session import Outcome, Session, text_column
from local_aws.athena.queries.engine import QueryEngine
from local_aws.athena.queries.preparation import prepare
from local_aws.athena.sql.errors import QueryCancelledError, QueryError, engine_error
from local_aws.athena.sql.types import column_info
from local_aws.athena.statements.ddl import DDL
from local_aws.athena.statements.parsing import Statement, bind_parameters, parse
from local_aws.athena.statements.prepared import (
    StatementStore,
    deallocate_statement,
    execute_statement,
    prepare_statement,
)
from local_aws.athena.statements.show import SHOW
from local_aws.athena.statements.writes import WRITES
from local_aws.storage import atomic_file, local_path

MAX_CONCURRENT_QUERIES = 4
INTERRUPT_SECONDS = 0.05
ROWS_PER_BATCH = 10_000
SERVICE = "athena.amazonaws.com"

_LOGGER = logging.getLogger(__name__)
_pool = ThreadPoolExecutor(MAX_CONCURRENT_QUERIES, thread_name_prefix="athena")
_engines: dict[str, QueryEngine] = {}
_running: set[str] = set()


def submit(execution: QueryExecution, catalog: Catalog, store: StatementStore) -> None:
    """Run the query as who asks for it now, whose rights its reads and writes need."""
    _pool.submit(_run_as, access.current_principal(), execution, catalog, store)


def stop(execution: QueryExecution) -> None:
    """Cancel a query; one that has ended, or commits what it wrote, stays as it is."""
    execution.finish(QueryState.CANCELLED, "Query cancelled by user")
    if execution.state is QueryState.CANCELLED:
        threading.Thread(target=_interrupt, args=(execution.id,), name="athena-stop", daemon=True).start()


def _interrupt(query_id: str) -> None:
    """Again and again until it has ended: an interrupt that comes just before the query runs is lost."""
    while engine := _engines.get(query_id):
        engine.interrupt()
        time.sleep(INTERRUPT_SECONDS)


def running_queries() -> set[str]:
    """The ids of the queries that run at this moment, from before they read anything until they have ended."""
    return _running.copy()


def _run_as(principal: access.Principal, execution: QueryExecution, catalog: Catalog, store: StatementStore) -> None:
    with access.acting_as(principal, via=SERVICE):
        _run(execution, catalog, store)


def _run(execution: QueryExecution, catalog: Catalog, store: StatementStore) -> None:
    if execution.state.is_final:
        return
    execution.start()
    _running.add(execution.id)
    try:
        with QueryEngine(execution.id) as engine:
            _engines[execution.id] = engine
            _record(execution, _execute(execution, Session(execution, engine, catalog), store))
    except QueryCancelledError as cancelled:
        execution.finish(QueryState.CANCELLED, str(cancelled))
    except QueryError as error:
        execution.finish(QueryState.FAILED, str(error))
    except access.AccessDeniedError as error:
        execution.finish(QueryState.FAILED, _denied(error))
    except Exception as error:
        _LOGGER.exception("Query %s failed in the engine", execution.id)
        execution.finish(QueryState.FAILED, f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}")
    finally:
        _engines.pop(execution.id, None)
        _running.discard(execution.id)
        state.save("athena")


def _denied(error: access.AccessDeniedError) -> str:
    """In Athena's words (Athena user guide, Troubleshooting in Athena: Permissions)."""
    if error.action == "s3:PutObject":
        url = error.resource.replace("arn:aws:s3:::", "s3://")
        return (
            f"Access denied when writing output to url: {url} . Please ensure you are allowed to access the S3 bucket."
        )
    if error.action.startswith("s3:"):
        return f"PERMISSION_DENIED: {error.message}"
    return f"AccessDeniedException: Insufficient permissions to execute the query. {error.message}"


def _record(execution: QueryExecution, outcome: Outcome) -> None:
    execution.output_location = outcome.output_location
    execution.columns = outcome.columns
    execution.scanned_bytes = outcome.scanned_bytes
    execution.update_count = outcome.update_count
    execution.manifest_location = outcome.manifest_location
    execution.has_header = outcome.has_header
    execution.finish(QueryState.SUCCEEDED)


def _execute(execution: QueryExecution, session: Session, store: StatementStore) -> Outcome:
    statement, parameters = parse(execution.query), execution.parameters
    if statement.kind == "EXECUTE":
        text, given = execute_statement(store, execution.workgroup, statement)
        statement, parameters = parse(text), given or parameters
    execution.kind, execution.statement_type = statement.kind, statement.statement_type
    if statement.kind != "PREPARE" and (parameters or "?" in statement.text):
        statement = parse(bind_parameters(statement.text, parameters))
    # Asked for before any query (Athena user guide, Fine-grained access to databases and tables).
    session.catalog.access.database("GetDatabase", DEFAULT_DATABASE)
    try:
        return _dispatch(session, statement, store)
    except duckdb.InterruptException as error:
        raise QueryCancelledError("Query cancelled by user") from error
    except duckdb.Error as error:
        raise engine_error(error) from error


def _dispatch(session: Session, statement: Statement, store: StatementStore) -> Outcome:
    if statement.kind == "SELECT":
        return _select(session, statement)
    if statement.kind in WRITES:
        return WRITES[statement.kind](session, statement)
    if statement.kind in SHOW:
        columns, show = SHOW[statement.kind]
        return _text_result(session, show(session, statement), [text_column(name) for name in columns])
    if statement.kind in DDL:
        lines = DDL[statement.kind](session, statement)
        return _text_result(session, lines, [text_column("result")] if lines else [])
    change = {"PREPARE": prepare_statement, "DEALLOCATE_PREPARE": deallocate_statement}[statement.kind]
    change(store, session.execution.workgroup, statement)
    return _text_result(session, [], [])


def _select(session: Session, statement: Statement) -> Outcome:
    query = prepare(session.engine, session.catalog, session.database, statement.expression)
    session.admit(query)
    columns = [column_info(name, kind) for (name, _), kind in zip(query.columns, query.types, strict=True)]
    location = f"{session.output_prefix}{session.query_id}.csv"
    authorize_object("s3:PutObject", location)
    result = session.connection.execute(query.sql)
    with atomic_file(local_path(location)) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, [name for name, _ in query.columns], _batches(result), query.types)
    with atomic_file(local_path(f"{location}.metadata")) as temporary:
        temporary.write_text(json.dumps({"ColumnInfo": columns}))
    return Outcome(location, columns, query.scanned_bytes, has_header=True)


def _batches(result: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    while rows := result.fetchmany(ROWS_PER_BATCH):
        yield rows


def _text_result(session: Session, lines: list[str], columns: list[dict[str, Any]]) -> Outcome:
    location = f"{session.output_prefix}{session.query_id}.txt"
    authorize_object("s3:PutObject", location)
    with atomic_file(local_path(location)) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return Outcome(location, columns)
