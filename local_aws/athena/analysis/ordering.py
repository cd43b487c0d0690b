"""Items of ORDER BY, in queries, aggregates and windows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis.errors import failure
from local_aws.athena.analysis.types import Type, duckdb_type

if TYPE_CHECKING:
    from local_aws.athena.analysis.expressions import Expressions
    from local_aws.athena.analysis.values import Value

_LITERAL = re.compile(r"-?\d+|'(?:[^']|'')*'|true|false|null", re.IGNORECASE)


def ordering(on: Expressions, item: exp.Ordered) -> tuple[str, Value]:
    """An item of an ORDER BY: NULLs come last, whichever the direction."""
    value = on.value(item.this)
    if value.type.name in {"map", "json"}:
        raise failure(
            "TYPE_MISMATCH",
            item,
            f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY: {item.this.sql('trino')}",
        )
    return f"{key_sql(value.sql, value.type)}{direction(item)}", value


def key_sql(sql: str, kind: Type) -> str:
    """SQL to order by: of literals, DuckDB takes a number for a column's place and refuses all others, but no cast."""
    return f"CAST({sql} AS {duckdb_type(kind)})" if _LITERAL.fullmatch(sql.strip("()")) else sql


def direction(item: exp.Ordered) -> str:
    if item.args.get("with_fill"):
        raise failure("SYNTAX_ERROR", item, "mismatched input 'WITH'")
    return f"{' DESC' if item.args.get('desc') else ''} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"


def position(item: exp.Expression, count: int, clause: str = "ORDER BY") -> int | None:
    """The place from 0 of the column, of so many, that a whole number stands for; None of any other expression.

    A minus before a number belongs to it (Trino's SqlBase.g4, `number`), and no column has such a place.
    """
    item = item.unnest()
    sign, number = ("-", item.this) if isinstance(item, exp.Neg) else ("", item)
    if not isinstance(number, exp.Literal) or number.is_string or not number.name.isdigit():
        return None
    place = int(f"{sign}{number.name}")
    if not 1 <= place <= count:
        raise failure("INVALID_COLUMN_REFERENCE", item, f"{clause} position {place} is not in select list")
    return place - 1
