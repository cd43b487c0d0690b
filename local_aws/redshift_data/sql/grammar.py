"""Redshift's grammar: sqlglot's, but for functions, which stay what the statement calls them.

sqlglot gives functions of many dialects one node and writes them in another dialect's words, not always with the same
meaning. Here a call reaches PostgreSQL under its own name, and what PostgreSQL lacks, or answers otherwise, is a
function of the system schema, which is searched before PostgreSQL's own.
"""

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.parsers.redshift import RedshiftParser

# What has a syntax of its own between its parentheses.
SPECIAL_SYNTAX = ("CAST", "CONVERT", "DECODE", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST")


class Parser(RedshiftParser):
    # The parser knows `APPROXIMATE COUNT(DISTINCT …)` by COUNT's node.
    FUNCTIONS = {"COUNT": RedshiftParser.FUNCTIONS["COUNT"]}  # noqa: RUF012
    FUNCTION_PARSERS = {name: RedshiftParser.FUNCTION_PARSERS[name] for name in SPECIAL_SYNTAX}  # noqa: RUF012


class RedshiftGrammar(Redshift):
    Parser = Parser


def function_name(node: exp.Expr) -> str | None:
    """The name in lower case of a call of a function; of one that is qualified by a schema of the user's, None."""
    qualifier = schema_of(node)
    if qualifier is not None and qualifier.name.lower() != "pg_catalog":
        return None
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return TYPED_FUNCTIONS.get(type(node))


def schema_of(node: exp.Expr) -> exp.Expr | None:
    """What stands before the dot before a call."""
    is_qualified = isinstance(node.parent, exp.Dot) and node.parent.expression is node
    return node.parent.this if is_qualified else None


# The nodes that have a syntax of their own, or no parentheses, and can be refused.
TYPED_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.TryCast: "try_cast",
    exp.Localtime: "localtime",
    exp.Localtimestamp: "localtimestamp",
    exp.CurrentSchema: "current_schema",
    exp.CurrentTime: "current_time",
}
