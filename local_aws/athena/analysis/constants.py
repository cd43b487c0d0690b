"""Single expressions as DuckDB's SQL: conditions on the partitions of a table, constants."""

from collections.abc import Iterable

from sqlglot import exp

from local_aws.athena.analysis.expressions import Expressions
from local_aws.athena.analysis.queries import Translation
from local_aws.athena.analysis.scope import Field, Scope
from local_aws.athena.analysis.types import Type
from local_aws.athena.analysis.values import Value
from local_aws.athena.sql.quoting import quoted


def expression_value(node: exp.Expression, columns: Iterable[tuple[str, Type]] = ()) -> Value:
    """An expression over columns that DuckDB knows by their names; raises QueryError."""
    fields = [Field(None, name.lower(), kind, quoted(name)) for name, kind in columns]
    return Expressions(Scope(fields), Translation({})).value(node)
