"""Items of ORDER BY, in queries, aggregates and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws.athena.analysis.errors import failure

if TYPE_CHECKING:
    from sqlglot import exp

    from local_aws.athena.analysis.expressions import Expressions
    from local_aws.athena.analysis.values import Value


def ordering(on: Expressions, item: exp.Ordered) -> tuple[str, Value]:
    """An item of an ORDER BY: NULLs come last, whichever the direction."""
    value = on.value(item.this)
    if value.type.name in {"map", "json"}:
        raise failure(
            "TYPE_MISMATCH",
            item,
            f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY: {item.this.sql('trino')}",
        )
    return f"{value.sql}{direction(item)}", value


def direction(item: exp.Ordered) -> str:
    if item.args.get("with_fill"):
        raise failure("SYNTAX_ERROR", item, "mismatched input 'WITH'")
    return f"{' DESC' if item.args.get('desc') else ''} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"
