"""Rewrites of a parsed Redshift statement into what PostgreSQL understands with the same meaning."""

from collections.abc import Callable, Collection
from uuid import uuid4

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_data.sql.calls import rewritten_call, rewritten_order, rewritten_window, system_call
from local_aws.redshift_data.sql.data_types import VARCHAR_TYPES, postgres_type
from local_aws.redshift_data.sql.grammar import function_name, schema_of
from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

# Whole numbers; the seconds since 1970 do not fit into an INTEGER.
EPOCH = "EPOCH"
TEMPORARY_PREFIX = "#"


def to_postgres(tree: exp.Expr, has_parameters: bool = False, missing_functions: Collection[str] = ()) -> str:
    """PostgreSQL's SQL for the statement; with parameters, named ones in psycopg's `%(name)s` form.

    :param missing_functions: names of PostgreSQL's functions that Redshift has not: they are looked for where they are
        not, so that PostgreSQL says with which types of arguments they do not exist
    """
    _make_temporary(tree)
    for node in reversed(list(tree.walk())):
        if isinstance(node, exp.Anonymous) and function_name(node) in missing_functions:
            _make_missing(node)
            continue
        rewrite = REWRITES.get(type(node))
        replacement = rewrite(node) if rewrite else None
        if replacement is not None:
            node.replace(replacement)
    if isinstance(tree, exp.Create):
        _rewrite_create(tree)
    markers = _mark_parameters(tree) if has_parameters else {}
    try:
        sql = tree.sql("postgres", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise UnsupportedSqlError(str(error)) from error
    if not has_parameters:
        return sql
    sql = sql.replace("%", "%%")
    for marker, name in markers.items():
        sql = sql.replace(marker, f"%({name})s")
    return sql


def _make_missing(call: exp.Anonymous) -> None:
    """Look for a function of PostgreSQL's where it is not."""
    qualifier = schema_of(call)
    if qualifier is not None:
        qualifier.replace(exp.to_identifier(SYSTEM_SCHEMA))
    else:
        call.set("this", f"{SYSTEM_SCHEMA}.{call.name.lower()}")


def _mark_parameters(tree: exp.Expr) -> dict[str, str]:
    """Put unique names where the parameters are: a percent sign elsewhere must be doubled, theirs must not."""
    markers: dict[str, str] = {}
    for placeholder in list(tree.find_all(exp.Placeholder)):
        if isinstance(placeholder.parent, exp.Cast) and placeholder.parent.to.is_type("boolean"):
            raise StatementError("ERROR: cannot cast type character varying to boolean")
        marker = f"parameter_{uuid4().hex}"
        markers[marker] = placeholder.name
        placeholder.replace(exp.Var(this=marker))
    return markers


def _make_temporary(tree: exp.Expr) -> None:
    """A table whose name begins with # is a temporary one."""
    made = tree.this if isinstance(tree, exp.Create) and tree.kind == "TABLE" else None
    table = made.find(exp.Table) if made is not None else None
    if table is not None and table.name.startswith(TEMPORARY_PREFIX):
        properties = tree.args.get("properties") or exp.Properties(expressions=[])
        if not properties.find(exp.TemporaryProperty):
            properties.append("expressions", exp.TemporaryProperty())
            tree.set("properties", properties)
    for into in tree.find_all(exp.Into):
        if into.this.name.startswith(TEMPORARY_PREFIX):
            into.set("temporary", True)


def _lower_identifier(node: exp.Identifier) -> None:
    """Redshift folds quoted identifiers to lower case too."""
    node.set("this", node.name.lower())
    if node.name.startswith(TEMPORARY_PREFIX):
        node.set("quoted", True)


def _current_timestamp(node: exp.CurrentTimestamp) -> exp.Expr | None:
    return system_call("sysdate") if node.args.get("sysdate") else None


def _count_distinct(node: exp.ApproxDistinct) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[node.this.copy()]))


def _extract(node: exp.Extract) -> exp.Expr | None:
    """A whole number, where PostgreSQL's is a decimal."""
    if isinstance(node.parent, exp.Cast) and node.parent.meta.get("is_whole"):
        return None
    kind = exp.DType.BIGINT if node.this.name.upper() == EPOCH else exp.DType.INT
    whole = exp.cast(exp.Anonymous(this="TRUNC", expressions=[node.copy()]), kind)
    whole.meta["is_whole"] = True
    return whole


def _cast(node: exp.Cast) -> exp.Expr | None:
    """A text that is cast to VARCHAR(n) is cut after n bytes."""
    kind = node.to
    if kind.this not in VARCHAR_TYPES or not kind.expressions or node.meta.get("is_cut"):
        return None
    if isinstance(node.this, exp.Null) or (node.this.is_string and node.this.name.isascii()):
        return None
    size = exp.Literal.number(kind.expressions[0].name)
    cut = exp.cast(system_call("first_bytes", exp.cast(node.this.copy(), exp.DType.TEXT), size), kind.copy())
    cut.meta["is_cut"] = True
    return cut


def _rewrite_create(create: exp.Create) -> None:
    """Late binding is an ordinary view here; keys and references are not enforced, as in Redshift, but NOT NULL is."""
    create.set("no_schema_binding", None)
    if create.kind != "TABLE" or not isinstance(create.this, exp.Schema):
        return
    schema = create.this
    keys = {column.name for key in schema.find_all(exp.PrimaryKey) for column in key.expressions}
    definitions = exp.ColumnDef | exp.LikeProperty | exp.Identifier
    schema.set("expressions", [item for item in schema.expressions if isinstance(item, definitions)])
    for column in schema.find_all(exp.ColumnDef):
        _rewrite_identity(column)
        kinds = [constraint.kind for constraint in column.constraints]
        is_key = column.name in keys or any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in kinds)
        unenforced = exp.PrimaryKeyColumnConstraint | exp.UniqueColumnConstraint | exp.Reference
        kept = [constraint for constraint in column.constraints if not isinstance(constraint.kind, unenforced)]
        if is_key and not any(isinstance(kind, exp.NotNullColumnConstraint) for kind in kinds):
            kept.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
        column.set("constraints", kept)


def _rewrite_identity(column: exp.ColumnDef) -> None:
    """IDENTITY takes no value from anyone; GENERATED BY DEFAULT AS IDENTITY does."""
    for constraint in column.constraints:
        kind = constraint.kind
        if isinstance(kind, exp.AutoIncrementColumnConstraint):
            constraint.set("kind", exp.GeneratedAsIdentityColumnConstraint(this=True))
        elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint) and "on_null" not in kind.args:
            kind.set("this", True)


REWRITES: dict[type[exp.Expr], Callable[..., exp.Expr | None]] = {
    exp.Anonymous: rewritten_call,
    exp.ApproxDistinct: _count_distinct,
    exp.Cast: _cast,
    exp.CurrentTimestamp: _current_timestamp,
    exp.DataType: postgres_type,
    exp.Extract: _extract,
    exp.Identifier: _lower_identifier,
    exp.Window: rewritten_window,
    exp.WithinGroup: rewritten_order,
}
