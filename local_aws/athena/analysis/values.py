"""What is known of an expression: its type and how DuckDB says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from local_aws.athena.analysis.types import Type, field_names
from local_aws.athena.sql.quoting import quoted


@dataclass(frozen=True, slots=True)
class Value:
    """`sql` can stand anywhere in DuckDB's SQL. `text` is the value of a literal text.

    `columns`: those of the query's own tables that it needs from each row, outside of aggregates.
    """

    sql: str
    type: Type
    columns: tuple[exp.Expression, ...] = ()
    text: str | None = None

    def of(self, sql: str, kind: Type) -> "Value":
        """The same with other SQL."""
        return Value(sql, kind, self.columns)


def columns_of(*values: Any) -> tuple[exp.Expression, ...]:
    """Columns of all the values, in their order."""
    return tuple(column for value in values if isinstance(value, Value) for column in value.columns)


def row_sql(kind: Type, parts: Iterable[str]) -> str:
    """A row whose fields have these values."""
    fields = (f"{quoted(name)} := {sql}" for name, sql in zip(field_names(kind), parts, strict=True))
    return f"struct_pack({', '.join(fields)})"
