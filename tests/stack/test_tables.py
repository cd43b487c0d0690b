"""Rows of a query on a terminal."""

from io import StringIO

from rich.console import Console

from stack.queries import QueryResult
from stack.tables import fitting_table

NARROW = QueryResult(["symbol", "close"], [["ALBA", "12.50"], ["[red]AMBA", None]])
WIDE = QueryResult([f"column_{number}" for number in range(30)], [[f"value {number}" for number in range(30)]] * 2)


def printed(result: QueryResult) -> list[str]:
    console = Console(file=StringIO(), width=100)
    console.print(fitting_table(result, console))
    return console.file.getvalue().splitlines()


def words(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]


def test_rows_that_fit_are_a_line_each_with_their_values_as_they_are() -> None:
    lines = [words(line) for line in printed(NARROW)]

    assert ["symbol", "close"] in lines
    assert lines.index(["ALBA", "12.50"]) + 1 == lines.index(["[red]AMBA", ""])


def test_every_value_of_rows_that_do_not_fit_is_readable() -> None:
    lines = [words(line) for line in printed(WIDE)]

    shown = [line[1:] for line in lines if line[1:2] and line[1].startswith("column_")]
    assert shown == [[f"column_{number}", f"value {number}"] for number in range(30)] * 2


def test_no_rows_leave_the_names_of_the_columns() -> None:
    (head,) = [line for line in printed(QueryResult(["a", "b"], [])) if "a" in line]

    assert words(head) == ["a", "b"]
