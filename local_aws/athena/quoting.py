"""Names and texts as DuckDB literals."""

from sqlglot import exp


def quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def text_literal(value: str) -> str:
    return exp.Literal.string(value).sql("duckdb")
