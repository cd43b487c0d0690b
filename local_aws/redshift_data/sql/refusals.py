"""What PostgreSQL takes and Redshift does not, in Redshift's words.

The list follows "Unsupported PostgreSQL features" of the developer guide. The sentences are those that users of
Redshift have reported: jakob/Postico 420 (DISTINCT ON), jazzband/django-redshift-backend 15 (CHECK), AgamiAI/agami-core
325 (FILTER), knex/knex 3546 (SERIAL).
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.statements import syntax_error
from local_aws.redshift_data.sql.tokens import words


@dataclass(frozen=True)
class Refusal:
    """A node that is refused: with the sentence, else as a syntax error at one of the words that stand there."""

    node: type[exp.Expr]
    at: tuple[str, ...] = ()
    near: int = -1
    sentence: str = ""
    # What the local endpoint lacks, where Redshift would take it.
    missing: str = ""
    only: Callable[[exp.Expr], bool] = lambda _: True


def _argument(name: str) -> Callable[[exp.Expr], bool]:
    return lambda node: bool(node.args.get(name))


def _is_column_check(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.ColumnConstraint) and isinstance(node.parent.parent, exp.ColumnDef)


def _is_writing(node: exp.Expr) -> bool:
    return not isinstance(node.this, exp.Query)


def _is_distinct_union(node: exp.Expr) -> bool:
    return bool(node.args.get("recursive")) and any(
        isinstance(table.this, exp.Union) and table.this.args.get("distinct") for table in node.expressions
    )


REFUSALS = (
    Refusal(exp.Distinct, sentence="SELECT DISTINCT ON is not supported", only=_argument("on")),
    Refusal(exp.Lock, sentence="SELECT FOR UPDATE is not supported"),
    Refusal(
        exp.CheckColumnConstraint,
        sentence="ALTER/CREATE TABLE column CHECK constraint is not supported",
        only=_is_column_check,
    ),
    Refusal(exp.CheckColumnConstraint, sentence="ALTER/CREATE TABLE CHECK constraint is not supported"),
    Refusal(exp.OnConflict, ("ON", "CONFLICT"), near=0),
    Refusal(exp.Returning, ("RETURNING",)),
    Refusal(exp.Filter, ("FILTER", "(")),
    Refusal(exp.Lateral, ("LATERAL",)),
    Refusal(exp.ExcludeColumnConstraint, ("EXCLUDE",)),
    Refusal(exp.PartitionedByProperty, ("PARTITION BY",)),
    Refusal(exp.InheritsProperty, ("INHERITS",)),
    Refusal(exp.TableSpaceProperty, ("TABLESPACE",)),
    Refusal(exp.GeneratedAsIdentityColumnConstraint, ("ALWAYS",), only=lambda node: node.this is True),
    Refusal(exp.ComputedColumnConstraint, ("GENERATED",)),
    Refusal(exp.CollateColumnConstraint, missing="COLLATE"),
    Refusal(exp.Array, ("ARRAY", "[")),
    Refusal(exp.Bracket, missing="A subscript, as of a SUPER value,"),
    Refusal(exp.NullSafeEQ, ("IS", "NOT", "DISTINCT")),
    Refusal(exp.NullSafeNEQ, ("IS", "DISTINCT")),
    Refusal(exp.Except, ("EXCEPT", "ALL"), only=lambda node: not node.args.get("distinct")),
    Refusal(exp.Intersect, ("INTERSECT", "ALL"), only=lambda node: not node.args.get("distinct")),
    Refusal(exp.TableSample, ("TABLESAMPLE",)),
    Refusal(exp.Fetch, ("FETCH",)),
    Refusal(exp.Values, ("FROM", "(", "VALUES"), only=lambda node: not isinstance(node.parent, exp.Insert)),
    Refusal(exp.CTE, ("(", "DELETE"), only=lambda node: isinstance(node.this, exp.Delete)),
    Refusal(exp.CTE, ("(", "UPDATE"), only=lambda node: isinstance(node.this, exp.Update)),
    Refusal(exp.CTE, ("(", "INSERT"), only=_is_writing),
    Refusal(exp.With, ("UNION",), only=_is_distinct_union),
    Refusal(exp.Select, ("WINDOW",), only=_argument("windows")),
    Refusal(exp.Star, missing="SELECT * EXCLUDE", only=_argument("except_")),
    Refusal(exp.IgnoreNulls, missing="IGNORE NULLS"),
    Refusal(exp.CurrentCatalog, sentence='column "current_catalog" does not exist'),
    Refusal(exp.JSONExtract, ("->",)),
    Refusal(exp.JSONExtractScalar, ("->>",)),
    Refusal(exp.JSONBExtract, ("#>",)),
    Refusal(exp.JSONBExtractScalar, ("#>>",)),
    Refusal(exp.JSONBContainsTopKey, ("?",)),
    Refusal(exp.ArrayContainsAll, ("@>",)),
    Refusal(exp.ArrayOverlaps, ("&&",)),
)
BY_NODE: dict[type[exp.Expr], list[Refusal]] = {}
for refusal in REFUSALS:
    BY_NODE.setdefault(refusal.node, []).append(refusal)


def refuse_postgresqls_own(tree: exp.Expr, tokens: list[Token]) -> None:
    """Raises StatementError for what Redshift has not, UnsupportedSqlError for what is missing here."""
    for node in tree.walk():
        for refused in BY_NODE.get(type(node), ()):
            if refused.only(node):
                raise _error(refused, tokens)


def _error(refused: Refusal, tokens: list[Token]) -> StatementError:
    if refused.missing:
        return UnsupportedSqlError(refused.missing)
    if refused.sentence:
        return StatementError(f"ERROR: {refused.sentence}")
    count = len(refused.at)
    for start in range(len(tokens)):
        is_name = tokens[start].token_type in {TokenType.IDENTIFIER, TokenType.STRING}
        if not is_name and words(tokens[start : start + count], count) == refused.at:
            return syntax_error(tokens[start : start + count][refused.near])
    return StatementError(f'ERROR: syntax error at or near "{" ".join(refused.at)}"')
