"""Functions of DuckDB that Trino has not and that reach beyond rows: Athena knows none of them, so neither do we."""

from collections.abc import Iterator

from sqlglot import exp

from local_aws.athena.sql.errors import QueryError, position_of

# They tell of the engine: where its folders are, what it was asked.
ENGINE_FUNCTIONS = {"current_setting", "current_query"}


def refuse_foreign_functions(statement: exp.Expression) -> None:
    """Raises QueryError for a function in the place of a table, a function of a schema, or one about the engine."""
    for name in _table_functions(statement):
        raise QueryError(f"FUNCTION_NOT_FOUND: {position_of(statement, name)}Table function '{name}' not registered")
    for name in _engine_functions(statement):
        raise QueryError(f"FUNCTION_NOT_FOUND: {position_of(statement, name)}Function '{name}' not registered")


def _table_functions(statement: exp.Expression) -> Iterator[str]:
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            yield _function_name(table.this)
    for lateral in statement.find_all(exp.Lateral):
        if not isinstance(lateral.this, exp.Subquery):
            yield _function_name(lateral.this)


def _engine_functions(statement: exp.Expression) -> Iterator[str]:
    for qualified in statement.find_all(exp.Dot):
        if isinstance(qualified.expression, exp.Func):
            yield _function_name(qualified.expression)
    for function in statement.find_all(exp.Anonymous):
        if function.name.lower() in ENGINE_FUNCTIONS:
            yield function.name.lower()


def _function_name(function: exp.Expression | None) -> str:
    if isinstance(function, exp.Func) and not isinstance(function, exp.Anonymous):
        return function.sql_name().lower()
    return "" if function is None else function.name.lower()
