"""Names, texts and paths as DuckDB takes them."""

import re

from sqlglot import exp


def quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def text_literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def path_pattern(path: str) -> str:
    """The pattern that matches this path alone: DuckDB reads every path as one."""
    return re.sub(r"([*?\[])", r"[\1]", path)
