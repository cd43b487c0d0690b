"""Single expressions as DuckDB's SQL: conditions on the partitions of a table, constants."""

from collections.abc import Iterable

from sqlglot import exp

from local_aws.athena.analysis.expressions import Expressions
from local_aws.athena.analysis.queries import Translation
from local_aws.athena.analysis.scope import Field, Scope, column_sql
from local_aws.athena.analysis.types import Type
from local_aws.athena.analysis.values import Value


def expression_value(node: exp.Expression, columns: Iterable[tuple[str, Type]] = (), relation: str = "") -> Value:
    """An expression over the columns of a relation that DuckDB knows by its name; raises QueryError."""
    fields = [Field(None, name.lower(), kind, column_sql(relation, name)) for name, kind in columns]
    return Expressions(Scope(fields), Translation({})).value(node)
