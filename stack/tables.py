"""Rows as tables on the terminal."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from stack.queries import QueryResult

_ANY_WIDTH = 100_000


def result_table(result: QueryResult) -> Table:
    table = Table(*(Column(_cell(name)) for name in result.columns))
    for row in result.rows:
        table.add_row(*map(_cell, row))
    return table


def fitting_table(result: QueryResult, console: Console) -> Table:
    """A line for each row where the lines fit, else a line for each value, as psql's expanded display."""
    table = result_table(result)
    wanted = Measurement.get(console, console.options.update(max_width=_ANY_WIDTH), table).maximum
    return table if wanted <= console.width or not result.rows else _table_of_values(result)


def _table_of_values(result: QueryResult) -> Table:
    table = Table("Row", "Column", "Value")
    for number, row in enumerate(result.rows, 1):
        for position, (column, value) in enumerate(zip(result.columns, row, strict=True)):
            table.add_row("" if position else str(number), _cell(column), _cell(value))
        table.add_section()
    return table


def _cell(value: str | None) -> Text:
    """As it is: of a str, rich would take what stands in brackets for a style."""
    return Text(value or "")
