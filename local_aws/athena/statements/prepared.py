"""PREPARE, EXECUTE … USING and DEALLOCATE PREPARE."""

import re
from typing import Protocol

import sqlglot
from sqlglot.errors import ParseError

from local_aws.athena.sql.errors import QueryError, syntax_error
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.statements.parsing import Statement

_PREPARE = re.compile(r"PREPARE\s+(\w+)\s+FROM\s+(.*)", re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(r"EXECUTE\s+(\w+)(?:\s+USING\s+(.*))?$", re.IGNORECASE | re.DOTALL)
_DEALLOCATE = re.compile(r"DEALLOCATE\s+PREPARE\s+(\w+)$", re.IGNORECASE)


class StatementStore(Protocol):
    """Where the statements of a workgroup are kept."""

    def statement_text(self, name: str, workgroup: str) -> str: ...

    def keep_statement(self, name: str, workgroup: str, text: str) -> None: ...

    def drop_statement(self, name: str, workgroup: str) -> None: ...


def prepare_statement(store: StatementStore, workgroup: str, statement: Statement) -> None:
    name, text = _matched(_PREPARE, statement)
    store.keep_statement(name, workgroup, text)


def deallocate_statement(store: StatementStore, workgroup: str, statement: Statement) -> None:
    (name,) = _matched(_DEALLOCATE, statement)
    store.drop_statement(name, workgroup)


def execute_statement(store: StatementStore, workgroup: str, statement: Statement) -> tuple[str, list[str]]:
    """The prepared text and the parameters that EXECUTE gives it."""
    name, using = _matched(_EXECUTE, statement)
    if not using:
        return store.statement_text(name, workgroup), []
    try:
        values = sqlglot.parse_one(f"SELECT {using}", read=AthenaSQL).expressions
    except ParseError as error:
        raise syntax_error(error) from error
    return store.statement_text(name, workgroup), [value.sql("athena") for value in values]


def _matched(pattern: re.Pattern[str], statement: Statement) -> tuple[str, ...]:
    match = pattern.match(statement.text)
    if match is None:
        raise QueryError(f"SYNTAX_ERROR: line 1:1: mismatched input in '{statement.text}'")
    return match.groups()
