"""Rows of a query as a table of texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakehouse_aws.reports.charts import Row

NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """A column: its heading, and how its numbers are written (Python's format specification); "" for texts.

    Of a text the first `length` characters are shown, or all: of a point in time 16 end with the minute.
    """

    heading: str
    format: str = ""
    length: int | None = None

    def text(self, value: str | None) -> str:
        if value is None:
            return NOTHING
        return format(float(value), self.format) if self.format else value[: self.length]


@dataclass(frozen=True)
class Table:
    """A table of some columns of a query, by their names."""

    columns: Mapping[str, Column]

    def cells(self, rows: Sequence[Row]) -> list[list[str]]:
        return [[column.text(row[name]) for name, column in self.columns.items()] for row in rows]
