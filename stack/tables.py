"""Rows as tables on the terminal."""

from rich.table import Table

from stack.queries import QueryResult


def result_table(result: QueryResult) -> Table:
    table = Table(*result.columns)
    for row in result.rows:
        table.add_row(*("" if value is None else value for value in row))
    return table
