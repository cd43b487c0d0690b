"""PREPARE, EXECUTE … USING and DEALLOCATE PREPARE."""

import re
from typing import Protocol

import sqlglot
from sqlglot.errors import ParseError

from local_aws.athena.sql.errors import QueryError, not_supported, syntax_error
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.athena.statements.parsing import Statement

_NAME = r'("(?:[^"]|"")+"|[A-Za-z_][\w@:]*)'
_PREPARE = re.compile(rf"PREPARE\s+{_NAME}\s+FROM\s+(.*)", re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(rf"EXECUTE\s+{_NAME}(?:\s+USING\s+(.*))?$", re.IGNORECASE | re.DOTALL)
_DEALLOCATE = re.compile(rf"DEALLOCATE\s+PREPARE\s+{_NAME}$", re.IGNORECASE)
_IMMEDIATE = re.compile(r"EXECUTE\s+IMMEDIATE\b", re.IGNORECASE)


class StatementStore(Protocol):
    """Where the statements of a workgroup are kept."""

    def statement_text(self, name: str, workgroup: str) -> str: ...

    def keep_statement(self, name: str, workgroup: str, text: str) -> None: ...

    def drop_statement(self, name: str, workgroup: str) -> None: ...


def prepare_statement(store: StatementStore, workgroup: str, statement: Statement) -> None:
    name, text = _matched(_PREPARE, statement)
    store.keep_statement(_unquoted(name), workgroup, text)


def deallocate_statement(store: StatementStore, workgroup: str, statement: Statement) -> None:
    (name,) = _matched(_DEALLOCATE, statement)
    store.drop_statement(_unquoted(name), workgroup)


def execute_statement(store: StatementStore, workgroup: str, statement: Statement) -> tuple[str, list[str]]:
    """The prepared text and the parameters that EXECUTE gives it."""
    if _IMMEDIATE.match(statement.text):
        raise not_supported("The statement EXECUTE IMMEDIATE")
    name, using = _matched(_EXECUTE, statement)
    text = store.statement_text(_unquoted(name), workgroup)
    if not using:
        return text, []
    try:
        values = sqlglot.parse_one(f"SELECT {using}", read=AthenaSQL).expressions
    except ParseError as error:
        raise syntax_error(error) from error
    return text, [value.sql("athena") for value in values]


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _matched(pattern: re.Pattern[str], statement: Statement) -> tuple[str, ...]:
    match = pattern.match(statement.text)
    if match is None:
        raise QueryError(f"SYNTAX_ERROR: line 1:1: mismatched input in '{statement.text}'")
    return match.groups()
