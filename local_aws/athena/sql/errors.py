"""Why a query fails, worded as Athena words it."""

import re

import duckdb
from sqlglot import exp
from sqlglot.errors import ParseError

from local_aws.athena.sql.type_errors import type_error
from local_aws.settings import endpoint_settings

USER_ERROR = 2


class QueryError(Exception):
    """A query that cannot be run: the message starts with the name of the error, as Athena's does."""


class QueryCancelledError(Exception):
    """The query was stopped by its user or by the limit of its workgroup."""


def not_supported(what: str) -> QueryError:
    return QueryError(f"NOT_SUPPORTED: {what} is not supported by the local Athena engine")


def syntax_error(error: ParseError) -> QueryError:
    details = error.errors[0] if error.errors else {}
    line, column = details.get("line") or 1, details.get("col") or 1
    highlight = details.get("highlight") or ""
    description = re.sub(r"<Token [^>]*>", "the end of the statement", str(details.get("description") or error))
    description = re.sub(r"Required keyword: '\w+' missing for <class '[\w.]+\.(\w+)'>", r"incomplete \1", description)
    start = max(column - len(highlight) + 1, 1) if highlight else column
    return QueryError(f"SYNTAX_ERROR: line {line}:{start}: mismatched input '{highlight}'. {description}")


def position_of(statement: exp.Expression | None, name: str) -> str:
    """`line 1:8: ` of the first identifier or function called `name`, empty when it has no position."""
    if statement is None:
        return ""
    for node in statement.find_all(exp.Identifier, exp.Anonymous):
        if node.name.lower() == name.lower() and "line" in node.meta:
            column = node.meta["col"] - (node.meta["end"] - node.meta["start"])
            return f"line {node.meta['line']}:{column}: "
    return ""


_COLUMN = re.compile(r'Referenced column "([^"]+)" (?:not found|was not found)|does not have a column named "([^"]+)"')
# The prefix of our macros.
_OWN_NAME = re.compile(r"\btrino_(?=\w)")
_FUNCTION = re.compile(r"Function with name ([\w$]+) does not exist")


def engine_error(error: duckdb.Error, statement: exp.Expression | None) -> QueryError:
    """DuckDB's error under the name that Athena gives to errors of its kind."""
    text = re.sub(r"^[\w ]+ Error: ", "", str(error)).split("\n\n")[0].split("\nLINE ")[0].strip()
    text = text.replace(f"{endpoint_settings().buckets_directory}/", "s3://")
    first_line = text.splitlines()[0] if text else type(error).__name__
    if match := _COLUMN.search(text):
        name = match[1] or match[2]
        return QueryError(f"COLUMN_NOT_FOUND: {position_of(statement, name)}Column '{name}' cannot be resolved")
    if match := _FUNCTION.search(text):
        name = match[1].lower()
        return QueryError(f"FUNCTION_NOT_FOUND: {position_of(statement, name)}Function '{name}' not registered")
    if message := type_error(first_line, statement):
        return QueryError(message)
    if "Division by zero" in text:
        return QueryError("DIVISION_BY_ZERO: Division by zero")
    if first_line.startswith("HIVE_"):
        return QueryError(first_line)
    if "JSON" in first_line and "s3://" in first_line:
        return QueryError(f"HIVE_BAD_DATA: {first_line}")
    return QueryError(f"{_error_name(error)}: {_OWN_NAME.sub('', first_line)}")


def _error_name(error: duckdb.Error) -> str:
    names: dict[type[duckdb.Error], str] = {
        duckdb.ConversionException: "INVALID_CAST_ARGUMENT",
        duckdb.OutOfRangeException: "NUMERIC_VALUE_OUT_OF_RANGE",
        duckdb.OutOfMemoryException: "EXCEEDED_MEMORY_LIMIT",
        duckdb.ParserException: "SYNTAX_ERROR",
        duckdb.BinderException: "SYNTAX_ERROR",
        duckdb.CatalogException: "SYNTAX_ERROR",
        duckdb.IOException: "HIVE_CANNOT_OPEN_SPLIT",
    }
    return next((name for kind, name in names.items() if isinstance(error, kind)), "GENERIC_USER_ERROR")
