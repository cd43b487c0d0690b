"""Rewrites of a parsed Redshift statement into what PostgreSQL understands with the same meaning."""

from collections.abc import Callable
from uuid import uuid4

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError

# Redshift's lengths and precisions when a definition has none (its data type pages).
DEFAULT_VARCHAR_LENGTH = 256
MAX_VARCHAR_LENGTH = 65535
DEFAULT_DECIMAL = (18, 0)
UNSUPPORTED_TYPES = {exp.DType.GEOMETRY, exp.DType.GEOGRAPHY, exp.DType.HLLSKETCH}
STRING_TYPES = {exp.DType.VARCHAR, exp.DType.NVARCHAR, exp.DType.TEXT}


def to_postgres(tree: exp.Expr, has_parameters: bool = False) -> str:
    """PostgreSQL's SQL for the statement; with parameters, named ones in psycopg's `%(name)s` form."""
    for node in reversed(list(tree.walk())):
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


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _unit(node: exp.Expr) -> exp.Literal:
    return exp.Literal.string(node.text("unit").lower() or "day")


def _as_timestamp(expression: exp.Expr) -> exp.Cast:
    return exp.cast(expression.copy(), exp.DType.TIMESTAMP)


def _lower_identifier(node: exp.Identifier) -> None:
    """Redshift folds quoted identifiers to lower case too."""
    node.set("this", node.name.lower())


def _current_timestamp(node: exp.CurrentTimestamp) -> exp.Expr:
    return _call("sysdate" if node.args.get("sysdate") else "getdate")


def _date_difference(node: exp.Expr) -> exp.Expr:
    return _call("datediff", _unit(node), _as_timestamp(node.expression), _as_timestamp(node.this))


def _date_addition(node: exp.Expr) -> exp.Expr:
    return _call("dateadd", _unit(node), node.expression, _as_timestamp(node.this))


def _convert_timezone(node: exp.ConvertTimezone) -> exp.Expr:
    zones = (node.args["source_tz"], node.args["target_tz"])
    return _call("convert_timezone", *zones, _as_timestamp(node.args["timestamp"]))


def _last_day(node: exp.LastDay) -> exp.Expr:
    return _call("last_day", _as_timestamp(node.this))


def _list_aggregate(node: exp.WithinGroup) -> exp.Expr | None:
    """PostgreSQL has the order inside of the aggregate's parentheses."""
    if not isinstance(node.this, exp.GroupConcat):
        return None
    aggregate = node.this
    value = exp.cast(aggregate.this.copy(), exp.DType.TEXT)
    order = exp.Order(this=value, expressions=[item.copy() for item in node.expression.expressions])
    return exp.GroupConcat(this=order, separator=aggregate.args.get("separator") or exp.Literal.string(""))


def _list_aggregate_separator(node: exp.GroupConcat) -> None:
    if not node.args.get("separator"):
        node.set("separator", exp.Literal.string(""))


def _count_distinct(node: exp.ApproxDistinct) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[node.this.copy()]))


def _ratio_to_report(node: exp.Window) -> exp.Expr | None:
    """RATIO_TO_REPORT(x) OVER (w) is x / SUM(x) OVER (w)."""
    if not isinstance(node.this, exp.Anonymous) or node.this.name.upper() != "RATIO_TO_REPORT":
        return None
    value = node.this.expressions[0]
    total = node.copy()
    total.set("this", exp.Sum(this=value.copy()))
    share = exp.Div(
        this=exp.cast(value.copy(), exp.DType.DOUBLE), expression=_call("nullif", total, exp.Literal.number(0))
    )
    return exp.Paren(this=share)


def _sha2(node: exp.SHA2) -> exp.Expr:
    return _call("sha2", exp.cast(node.this.copy(), exp.DType.TEXT), node.args.get("length") or exp.Literal.number(256))


def _parse_json(node: exp.ParseJSON) -> exp.Expr:
    return exp.cast(node.this.copy(), exp.DType.JSONB)


def _data_type(node: exp.DataType) -> exp.Expr | None:
    kind = node.this
    if kind in UNSUPPORTED_TYPES:
        raise UnsupportedSqlError(f"The data type {kind.value}")
    if kind == exp.DType.SUPER:
        return exp.DataType(this=exp.DType.JSONB)
    if kind == exp.DType.DECIMAL and not node.expressions:
        return _sized(exp.DType.DECIMAL, *DEFAULT_DECIMAL)
    if node.expressions and node.expressions[0].name.upper() == "MAX":
        return _sized(exp.DType.VARCHAR, MAX_VARCHAR_LENGTH)
    is_definition = isinstance(node.parent, exp.ColumnDef)
    if is_definition and kind in STRING_TYPES and not node.expressions:
        return _sized(exp.DType.VARCHAR, DEFAULT_VARCHAR_LENGTH)
    return None


def _sized(kind: exp.DType, *sizes: int) -> exp.DataType:
    parameters = [exp.DataTypeParam(this=exp.Literal.number(size)) for size in sizes]
    return exp.DataType(this=kind, expressions=parameters)


def _rewrite_create(create: exp.Create) -> None:
    """Late binding is an ordinary view here; keys and references are not enforced, as in Redshift, but NOT NULL is."""
    create.set("no_schema_binding", None)
    if create.kind != "TABLE" or not isinstance(create.this, exp.Schema):
        return
    schema = create.this
    keys = {column.name for key in schema.find_all(exp.PrimaryKey) for column in key.expressions}
    schema.set(
        "expressions", [item for item in schema.expressions if isinstance(item, exp.ColumnDef | exp.LikeProperty)]
    )
    for column in schema.find_all(exp.ColumnDef):
        kinds = [constraint.kind for constraint in column.constraints]
        is_key = column.name in keys or any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in kinds)
        unenforced = exp.PrimaryKeyColumnConstraint | exp.UniqueColumnConstraint | exp.Reference
        kept = [constraint for constraint in column.constraints if not isinstance(constraint.kind, unenforced)]
        if is_key and not any(isinstance(kind, exp.NotNullColumnConstraint) for kind in kinds):
            kept.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
        column.set("constraints", kept)


REWRITES: dict[type[exp.Expr], Callable[..., exp.Expr | None]] = {
    exp.Identifier: _lower_identifier,
    exp.CurrentTimestamp: _current_timestamp,
    exp.DateDiff: _date_difference,
    exp.TsOrDsDiff: _date_difference,
    exp.DateAdd: _date_addition,
    exp.TsOrDsAdd: _date_addition,
    exp.ConvertTimezone: _convert_timezone,
    exp.LastDay: _last_day,
    exp.WithinGroup: _list_aggregate,
    exp.GroupConcat: _list_aggregate_separator,
    exp.ApproxDistinct: _count_distinct,
    exp.Window: _ratio_to_report,
    exp.SHA2: _sha2,
    exp.ParseJSON: _parse_json,
    exp.DataType: _data_type,
}
