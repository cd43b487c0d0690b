"""What DuckDB says of values whose types do not go together, in Athena's words: neither its SQL nor its names show."""

import re
from collections.abc import Callable

from sqlglot import exp

_TYPE_NAMES = {
    "STRING_LITERAL": "varchar",
    "INTEGER_LITERAL": "integer",
    "INT8": "tinyint",
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "INT128": "bigint",
    "HUGEINT": "bigint",
    "BOOL": "boolean",
    "BLOB": "varbinary",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
_OPERATORS = {"~~": "LIKE", "!~~": "NOT LIKE", "trino_divide": "/", "divide": "/"}
_SYMBOL = re.compile(r"[^\w\s]+")


def _types(text: str) -> str:
    return ", ".join(_TYPE_NAMES.get(name.strip(), name.strip().lower()) for name in text.split(","))


def _call(match: re.Match[str], functions: set[str]) -> str:
    """An operator or a function that takes no such arguments; a function is named if the query calls it so."""
    name, types = _OPERATORS.get(match["name"], match["name"]), _types(match["types"])
    if not _SYMBOL.fullmatch(name) and name not in _OPERATORS.values():
        function = f"function {name}" if name in functions else "a function"
        return f"TYPE_MISMATCH: Unexpected parameters ({types}) for {function}: cast them to the types that it takes"
    operands = types.split(", ")
    applied = f" {name} ".join(operands) if len(operands) > 1 else f"{name}{types}"
    return f"TYPE_MISMATCH: Cannot apply operator: {applied}"


def _macro(match: re.Match[str], _: set[str]) -> str:
    if match["name"] in _OPERATORS:
        operator = _OPERATORS[match["name"]]
        return f"TYPE_MISMATCH: Cannot apply operator {operator} to values of these types: cast them"
    return f"TYPE_MISMATCH: Unexpected parameters for function {match['name']}: cast them to the types that it takes"


def _pair(match: re.Match[str], _: set[str]) -> str:
    return f"TYPE_MISMATCH: {match['what']} {_types(match['left'])} and {_types(match['right'])}"


_PATTERNS: list[tuple[str, Callable[[re.Match[str], set[str]], str]]] = [
    (r"No function matches the given name and argument types '(?P<name>.+?)\((?P<types>.*)\)'", _call),
    (r'Could not choose a best candidate function for the function call "(?P<name>.+?)\((?P<types>.*)\)"', _call),
    (r"Macro (?:trino_)(?P<name>\w+)\(\) does not support the supplied arguments", _macro),
    (
        r"(?P<what>Cannot (?:compare|mix) values of type|Cannot combine types of) (?P<left>.+?) and (?:type )?"
        r"(?P<right>.+?)(?: in .+)? - an explicit cast is required",
        _pair,
    ),
    (
        r"Could not convert string '(?P<value>.*)' to (?P<type>\w+)",
        lambda match, _: f"INVALID_CAST_ARGUMENT: Cannot cast '{match['value']}' to {_types(match['type'])}",
    ),
    (
        r"Unimplemented type for cast \((?P<left>.+) -> (?P<right>.+)\)",
        lambda match, _: f"TYPE_MISMATCH: Cannot cast {_types(match['left'])} to {_types(match['right'])}",
    ),
    (
        r"Type (?P<left>\w+) with value (?P<value>.+) can't be cast .* destination type (?P<right>\w+)",
        lambda match, _: f"INVALID_CAST_ARGUMENT: Cannot cast {match['value']} to {_types(match['right'])}",
    ),
    (
        r"Cannot deduce template type|Invalid LIST argument during lambda function binding",
        lambda *_: "TYPE_MISMATCH: The arguments of a function have types that do not go together: cast them",
    ),
]


def type_error(text: str, statement: exp.Expression | None) -> str | None:
    """Athena's message for DuckDB's on this statement, None when it is about something else."""
    functions = {function.sql_name().lower() for function in statement.find_all(exp.Func)} if statement else set()
    for pattern, worded in _PATTERNS:
        if match := re.search(pattern, text):
            return worded(match, functions)
    return None
