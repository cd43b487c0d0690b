"""SQL of rules: the rule types ask in Athena's; what users write is Spark's, and is translated into Athena's."""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from local_aws.athena.sql.errors import QueryError, syntax_error
from local_aws.athena.sql.parser import AthenaSQL
from local_aws.glue.data_quality.evaluation.errors import RuleError

# The name of the table that is evaluated.
PRIMARY = "primary"
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In)
# How Spark SQL of Glue Data Quality names Iceberg tables.
ICEBERG_CATALOG = "glue_catalog"


def parsed(sql: str) -> exp.Query:
    return sqlglot.parse_one(sql, read=AthenaSQL)


def from_spark(sql: str) -> exp.Query:
    """A query in Spark's SQL as one in Athena's; raises RuleError for what is no query or cannot be translated."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="spark") if statement is not None]
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise RuleError("It is not a single SELECT statement.")
        return parsed(statements[0].sql("trino", unsupported_level=ErrorLevel.RAISE))
    except ParseError as error:
        raise RuleError(str(syntax_error(error))) from error
    except (SqlglotError, QueryError) as error:
        raise RuleError(str(error).splitlines()[0]) from error


def condition_of(clause: str) -> exp.Expression:
    """A condition in Spark's SQL as one in Athena's; raises RuleError."""
    query = from_spark(f"SELECT * FROM {PRIMARY} WHERE ({clause})")  # noqa: S608 - it is parsed and confined
    where = query.args.get("where")
    others = {name for name, value in query.args.items() if value} - {"expressions", "from_", "where", "kind"}
    if not isinstance(query, exp.Select) or where is None or others:
        raise RuleError(f"{clause} is not a condition.")
    return where.this


def cast_compared_texts(query: exp.Query, types: Mapping[str, str]) -> None:
    """Have texts that stand beside a column of another type cast to it, as Spark does unasked; NULL where it cannot.

    :param types: the types in Athena's SQL of the columns that are no texts, by their lower-case names
    """
    for comparison in list(query.find_all(*_COMPARISONS)):
        operands = list(comparison.iter_expressions())
        compared = {types.get(operand.name.lower()) for operand in operands if isinstance(operand, exp.Column)}
        for text in operands:
            if text.is_string and len(compared) == 1 and (kind := next(iter(compared))):
                text.replace(exp.TryCast(this=text.copy(), to=exp.DataType.build(kind, dialect="trino")))
