"""MERGE in Redshift's form (developer guide, MERGE): from a table, with both clauses, or to remove duplicates."""

from sqlglot import exp
from sqlglot.tokens import Token

from local_aws.redshift_data.exceptions import StatementError
from local_aws.redshift_data.sql.statements import syntax_error
from local_aws.redshift_data.sql.tokens import words

REMOVE_DUPLICATES = ("REMOVE", "DUPLICATES")
# Stands for REMOVE DUPLICATES while the statement is parsed.
STAND_IN = "WHEN MATCHED THEN DELETE"


def removes_duplicates(tokens: list[Token]) -> bool:
    return words(tokens, 1) == ("MERGE",) and words(tokens[-2:], 2) == REMOVE_DUPLICATES


def read_values(merge: exp.Merge) -> None:
    """Read INSERT VALUES (…) without a list of columns, which sqlglot takes for a list of one call."""
    for when in merge.args["whens"].expressions:
        then = when.args["then"]
        calls = then.this.expressions if isinstance(then, exp.Insert) and isinstance(then.this, exp.Tuple) else []
        if calls and isinstance(calls[0], exp.Anonymous) and calls[0].name.upper() == "VALUES":
            then.set("this", None)
            then.set("expression", exp.Tuple(expressions=calls[0].expressions))


def check_merge(merge: exp.Merge, tokens: list[Token]) -> None:
    """Raises StatementError for a form that Redshift does not take."""
    if not isinstance(merge.args["using"], exp.Table):
        raise StatementError("ERROR: The source of a MERGE must be a table: a subquery is not supported")
    if merge.this.alias:
        raise syntax_error(next(token for token in tokens if token.text.lower() == merge.this.alias.lower()))
    if removes_duplicates(tokens):
        return
    whens = merge.args["whens"].expressions
    if any(when.args.get("condition") or when.args.get("source") for when in whens):
        conditional = {"AND", "BY"}
        raise syntax_error(next(token for token in reversed(tokens) if token.text.upper() in conditional))
    if [bool(when.args["matched"]) for when in whens] != [True, False]:
        raise StatementError("ERROR: MERGE needs WHEN MATCHED and then WHEN NOT MATCHED, each once")


def without_duplicates(merge: exp.Merge) -> exp.Insert:
    """The target loses the rows that match and gains the source's, each once."""
    target, source = merge.this, merge.args["using"]
    removed = exp.Delete(this=target.copy(), using=[source.copy()], where=exp.Where(this=merge.args["on"].copy()))
    plain = source.copy()
    plain.set("alias", None)
    insert = exp.insert(exp.select("*").distinct().from_(plain), target.copy())
    return insert.with_("removed", as_=removed)
