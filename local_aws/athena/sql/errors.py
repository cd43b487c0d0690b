"""Why a query fails, worded as Athena words it."""

import re
from collections.abc import Callable

import duckdb
from sqlglot.errors import ParseError

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


_TYPES = {
    "INT8": "tinyint",
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "INT128": "bigint",
    "BOOL": "boolean",
    "FLOAT": "real",
    "BLOB": "varbinary",
}
# The prefix of our macros.
_OWN_NAME = re.compile(r"\btrino_(?=\w)")
_MESSAGES: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    # A failure that a macro makes (trino_fail).
    (r"(?s)!([A-Z_]+: .*)!~", lambda found: found[1]),
    (r"Division by zero", lambda _: "DIVISION_BY_ZERO: Division by zero"),
    (
        r"Overflow in (addition|subtraction|multiplication) of (\w+) \((.+)\)!",
        lambda found: f"NUMERIC_VALUE_OUT_OF_RANGE: {_type(found[2])} {found[1]} overflow: {found[3]}",
    ),
    (
        r"More than one row returned by a subquery",
        lambda _: "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
    ),
    (
        r'Could not parse string "(.*?)" according to format specifier',
        lambda found: f'INVALID_FUNCTION_ARGUMENT: Invalid format: "{found[1]}"',
    ),
    (
        r"Map keys must be unique",
        lambda _: "INVALID_FUNCTION_ARGUMENT: Duplicate map keys are not allowed",
    ),
    (
        r"Could not convert string '(.*)' to (\w+)",
        lambda found: f"INVALID_CAST_ARGUMENT: Cannot cast '{found[1]}' to {_type(found[2])}",
    ),
    (
        r"Type \w+ with value (.+) can't be cast .* destination type (\w+)",
        lambda found: f"INVALID_CAST_ARGUMENT: Out of range for {_type(found[2])}: {found[1]}",
    ),
    (
        r'Casting value "(.+)" to type DECIMAL\((\d+),(\d+)\) failed',
        lambda found: f"INVALID_CAST_ARGUMENT: Cannot cast DECIMAL '{found[1]}' to DECIMAL({found[2]}, {found[3]})",
    ),
    (
        r"invalid perl operator: (.+)",
        lambda found: (
            f"NOT_SUPPORTED: The construct {found[1]} of regular expressions is not supported by the local "
            "Athena engine"
        ),
    ),
]


def _type(name: str) -> str:
    return _TYPES.get(name, name.lower())


def engine_error(error: duckdb.Error) -> QueryError:
    """DuckDB's error under the name that Athena gives to errors of its kind, without the SQL.

    An error that Athena's words are not known for keeps DuckDB's, and with them its names of columns and functions.
    """
    text = re.sub(r"^[\w ]+ Error: ", "", str(error)).split("\n\n")[0].split("\nLINE ")[0].strip()
    text = text.replace(f"{endpoint_settings().buckets_directory}/", "s3://")
    first_line = text.splitlines()[0] if text else type(error).__name__
    for pattern, worded in _MESSAGES:
        if found := re.search(pattern, text):
            return QueryError(worded(found))
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
