"""Writes docs/data_dictionary.md from the declared tables."""

from collections.abc import Iterable
from pathlib import Path

from lakehouse_contract.tables import Column, Table, declared_tables

DATA_DICTIONARY_MD = Path(__file__).parent / "data_dictionary.md"
INTRODUCTION = """\
# Data dictionary

Generated from the declarations in `lakehouse_contract/declarations/` by `make docs`; a test fails when it differs.
Types are Spark's and Athena's, points in time are UTC, and a width is the most bytes that a text may have.
"""


def data_dictionary_md() -> str:
    tables = declared_tables()
    queried = [section(table) for table in tables if not table.is_source]
    raw = [section(table) for table in tables if table.is_source]
    return "\n".join([INTRODUCTION, "## Tables\n", *queried, "## Raw tables\n", *raw])


def section(table: Table) -> str:
    """A table's meaning, keys and columns; of a raw table, what becomes of each column."""
    keys = f"Partitioned by {', '.join(table.partition_keys)}. " if table.partition_keys else ""
    sorting = f"Files are sorted by {', '.join(table.sort_keys)}." if table.sort_keys else ""
    lines = [f"### {table.name}\n", table.meaning, f"{keys}{sorting}".rstrip(), "", *columns_table(table.columns)]
    if table.fields:
        lines += ["", "Fields of its documents:", "", *columns_table(table.fields)]
    return "\n".join(lines) + "\n"


def columns_table(columns: Iterable[Column]) -> list[str]:
    shows_pii = any(column.pii for column in columns)
    head = ["column", "type", "null", "PII" if shows_pii else "width", "meaning"]
    rows = [head, ["---"] * len(head)]
    for column in columns:
        width = str(column.max_bytes or "")
        last = column.pii if shows_pii else width
        rows.append([f"`{column.name}`", column.type, "no" if column.is_required else "yes", last, column.meaning])
    return [f"| {' | '.join(row)} |" for row in rows]


if __name__ == "__main__":
    DATA_DICTIONARY_MD.write_text(data_dictionary_md())
