"""Trino's types: their names, in SQL and in signatures, and how DuckDB holds their values.

Source: Trino documentation, "Data types". A `char` is held without its padding and an `interval year to month` as a
number of months. A `timestamp with time zone` is held as an instant; its zone is known of the expression.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.errors import ParseError

from local_aws.athena.analysis.errors import refused
from local_aws.athena.sql.errors import QueryError

TIMESTAMP_TZ = "timestamp with time zone"
TIME_TZ = "time with time zone"
MAX_PRECISION = 38
# DuckDB holds microseconds.
MAX_FRACTION_DIGITS = 6
MILLISECONDS = 3


@dataclass(frozen=True, slots=True)
class Type:
    """Arguments are lengths, precisions, types, names of variables in a signature, or a row's (name, type) pairs.

    `zone` is that of a timestamp with time zone, None where it may differ from value to value.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    zone: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        if self.name == "row":
            fields = (f'"{name}" {kind}' if name else str(kind) for name, kind in self.arguments)
            return f"row({', '.join(fields)})".replace('"', "")
        if self.name in {TIMESTAMP_TZ, TIME_TZ} and self.arguments:
            first, _, rest = self.name.partition(" ")
            return f"{first}({self.arguments[0]}) {rest}"
        separator = "," if self.name == "decimal" else ", "
        return f"{self.name}({separator.join(map(str, self.arguments))})" if self.arguments else self.name

    @property
    def element(self) -> "Type":
        """Of an array."""
        return self.arguments[0]

    @property
    def is_integer(self) -> bool:
        return self.name in INTEGER_DIGITS

    @property
    def is_text(self) -> bool:
        return self.name in {"varchar", "char"}

    @property
    def is_number(self) -> bool:
        return self.is_integer or self.name in {"decimal", "real", "double"}

    @property
    def is_container(self) -> bool:
        return self.name in {"array", "map", "row"}

    @property
    def parts(self) -> Iterator["Type"]:
        """The types that values of this one are made of, with itself."""
        yield self
        for argument in self.arguments:
            part = argument[1] if isinstance(argument, tuple) else argument
            if isinstance(part, Type):
                yield from part.parts

    def with_zone(self, zone: str | None) -> "Type":
        return replace(self, zone=zone)


INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
BOOLEAN, INTEGER, BIGINT, DOUBLE, REAL = map(Type, ("boolean", "integer", "bigint", "double", "real"))
VARCHAR, VARBINARY, DATE, JSON, UNKNOWN = map(Type, ("varchar", "varbinary", "date", "json", "unknown"))
DAY_TO_SECOND, YEAR_TO_MONTH = Type("interval day to second"), Type("interval year to month")


def array(element: Type) -> Type:
    return Type("array", (element,))


def decimal(precision: int, scale: int) -> Type:
    return Type("decimal", (min(precision, MAX_PRECISION), min(scale, MAX_PRECISION)))


def row(*fields: tuple[str | None, Type]) -> Type:
    return Type("row", fields)


_DUCKDB = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    TIMESTAMP_TZ: "TIMESTAMPTZ",
    "interval day to second": "INTERVAL",
    "interval year to month": "BIGINT",
    "json": "JSON",
    "uuid": "UUID",
    "unknown": '"NULL"',
}


@lru_cache(maxsize=4096)
def duckdb_type(kind: Type) -> str | None:
    """DuckDB's type that holds values of a type; None for a type that has none."""
    if kind.name == "decimal":
        return f"DECIMAL({kind.arguments[0]}, {kind.arguments[1]})"
    if kind.name in {"array", "map", "row"}:
        parts = [argument[1] if isinstance(argument, tuple) else argument for argument in kind.arguments]
        held = [duckdb_type(part) for part in parts]
        if None in held:
            return None
        if kind.name == "array":
            return f"{held[0]}[]"
        if kind.name == "map":
            return f"MAP({held[0]}, {held[1]})"
        names = [exp.to_identifier(name, quoted=True).sql("duckdb") for name in field_names(kind)]
        return f"STRUCT({', '.join(f'{name} {part}' for name, part in zip(names, held, strict=True))})"
    return _DUCKDB.get(kind.name)


def field_names(kind: Type) -> list[str]:
    """Names of a row's fields as results show them: `field0` for a field without a name."""
    return [name or f"field{position}" for position, (name, _) in enumerate(kind.arguments)]


_NAMES = {
    exp.DType.INT: "integer",
    exp.DType.FLOAT: "real",
    exp.DType.TEXT: "varchar",
    exp.DType.BINARY: "varbinary",
    exp.DType.BLOB: "varbinary",
    exp.DType.TIMESTAMPTZ: TIMESTAMP_TZ,
    exp.DType.TIMESTAMPNTZ: "timestamp",
    exp.DType.TIMETZ: TIME_TZ,
    exp.DType.STRUCT: "row",
    exp.DType.LIST: "array",
}
_NESTED = ("array", "map", "struct")
_LENGTHS = {"timestamp": (3,), TIMESTAMP_TZ: (3,), "time": (3,), TIME_TZ: (3,), "char": (1,)}


def type_of(node: exp.DataType, decimal_default: tuple[int, int] = (38, 0)) -> Type:
    """The type that a CAST or the catalog names."""
    if isinstance(node.this, exp.Interval) or node.is_type("interval"):
        return YEAR_TO_MONTH if "YEAR" in node.sql().upper() else DAY_TO_SECOND
    name = _NAMES.get(node.this) or node.this.value.lower()
    arguments = tuple(_argument(part, decimal_default) for part in node.expressions)
    if name == "decimal":
        return decimal(*(arguments + decimal_default[len(arguments) :]) if arguments else decimal_default)
    if name == "row":
        arguments = tuple(part if isinstance(part, tuple) else (None, part) for part in arguments)
        names = field_names(Type(name, arguments))
        if len(set(names)) < len(names):
            raise refused("A row with two fields of the same name", node)
    return Type(name, arguments or _LENGTHS.get(name, ()), "UTC" if name == TIMESTAMP_TZ else None)


def _argument(part: exp.Expression, decimal_default: tuple[int, int]) -> Any:
    if isinstance(part, exp.ColumnDef):
        return part.name.lower(), type_of(part.args["kind"], decimal_default)
    return int(part.name) if isinstance(part, exp.DataTypeParam) else type_of(part, decimal_default)


@lru_cache(maxsize=4096)
def catalog_type(hive: str) -> Type:
    """The type of a column that the catalog declares; of an Iceberg column's times the fraction is given."""
    return type_of(hive_data_type(hive), decimal_default=(10, 0))


def hive_data_type(hive: str) -> exp.DataType:
    """A type of the catalog taken apart; raises QueryError for one that Athena does not know."""
    try:
        parsed = exp.DataType.build(hive, dialect="hive")
    except ParseError:
        parsed = None
    if parsed is None or any(node.is_type(*_NESTED) and not node.expressions for node in parsed.find_all(exp.DataType)):
        raise QueryError(f"HIVE_INVALID_METADATA: the catalog holds the unknown type '{hive}'")
    return parsed


_TOKENS = re.compile(r"timestamp with time zone|time with time zone|interval [a-z]+ to [a-z]+|\w+|->|[(),]")


def parse_type(text: str) -> Type:
    """A type as a signature spells it: `map(K, array(V))`, `(T) -> U`; K, V, T, U and p, s are variables."""
    tokens = _TOKENS.findall(re.sub(r"(time(?:stamp)?)(\(\w+\)) with time zone", r"\1 with time zone\2", text))
    return _Reader(tokens).type()


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def type(self) -> Type:
        name = self.tokens.pop()
        if name == "(":
            parameters = self._list(self.type)
            self.tokens.pop()
            return Type("function", (*parameters, self.type()))
        if not (self.tokens and self.tokens[-1] == "("):
            return Type(name)
        self.tokens.pop()
        return Type(name, tuple(self._list(self._argument if name != "row" else self._field)))

    def _list(self, item: Callable[[], Any]) -> list[Any]:
        items: list[Any] = []
        while self.tokens[-1] != ")":
            if self.tokens[-1] == ",":
                self.tokens.pop()
            items.append(item())
        self.tokens.pop()
        return items

    def _argument(self) -> Any:
        token = self.tokens[-1]
        if token.isdigit() or (len(token) == 1 and token.islower()):
            self.tokens.pop()
            return int(token) if token.isdigit() else token
        return self.type()

    def _field(self) -> tuple[str | None, Type]:
        is_named = len(self.tokens) > 1 and self.tokens[-2] not in {",", ")", "("}
        return (self.tokens.pop() if is_named else None), self.type()
