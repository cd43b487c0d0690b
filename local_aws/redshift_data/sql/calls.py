"""Calls of Redshift's functions in PostgreSQL's words, where the function alone, or its name, is not enough."""

from collections.abc import Callable

from sqlglot import exp

from local_aws.redshift_data.exceptions import StatementError, UnsupportedSqlError
from local_aws.redshift_serverless.warehouse import SYSTEM_SCHEMA

Call = exp.Anonymous
# Which PostgreSQL has as aggregates only.
NO_WINDOW_FUNCTIONS = {"listagg", "median", "percentile_cont"}


def rewritten_call(call: Call) -> exp.Expr | None:
    """What to put in the call's place; None for a call that stays."""
    rewrite = CALLS.get(call.name.lower())
    return rewrite(call) if rewrite else None


def rewritten_window(window: exp.Window) -> exp.Expr | None:
    """Raises UnsupportedSqlError for an aggregate that PostgreSQL does not take as a window function."""
    function = window.this.this if isinstance(window.this, exp.WithinGroup) else window.this
    name = function.name.lower() if isinstance(function, Call) else ""
    if name in NO_WINDOW_FUNCTIONS:
        raise UnsupportedSqlError(f"{name.upper()} as a window function")
    if name == "avg":
        return _average(function, lambda aggregate: _over(window, aggregate))
    if name == "ratio_to_report":
        return _ratio_to_report(window, function)
    return None


def rewritten_order(group: exp.WithinGroup) -> exp.Expr | None:
    """LISTAGG: PostgreSQL has the order inside of the aggregate's parentheses."""
    call = group.this
    if not isinstance(call, Call) or call.name.lower() != "listagg" or isinstance(group.parent, exp.Window):
        return None
    return _list_aggregate(call, group.expression.expressions)


def system_call(name: str, *arguments: exp.Expr) -> Call:
    return Call(this=f"{SYSTEM_SCHEMA}.{name}", expressions=[argument.copy() for argument in arguments])


def _renamed(name: str) -> Callable[[Call], Call]:
    return lambda call: Call(this=name, expressions=call.expressions)


def _as_timestamp(expression: exp.Expr) -> exp.Cast:
    return exp.cast(expression.copy(), exp.DType.TIMESTAMP)


def _as_text(expression: exp.Expr) -> exp.Cast:
    return exp.cast(expression.copy(), exp.DType.TEXT)


def _date_part(part: exp.Expr) -> exp.Literal:
    """A part is a bare word or a text."""
    return exp.Literal.string(part.name.lower())


def _on_timestamps(name: str, count: int, has_part: bool) -> Callable[[Call], Call]:
    """A call whose last arguments, so many of them, are taken as timestamps; its first may be a date part."""

    def rewrite(call: Call) -> Call:
        arguments = list(call.expressions)
        if has_part and arguments:
            arguments[0] = _date_part(arguments[0])
        kept = len(arguments) - count

        return system_call(name, *arguments[:kept], *map(_as_timestamp, arguments[kept:]))

    return rewrite


def _part_of_date(call: Call) -> Call:
    part, moment, *rest = call.expressions
    is_text = isinstance(moment, exp.Literal) and moment.is_string
    moment = _as_timestamp(moment) if is_text else moment
    return Call(this="DATE_PART", expressions=[_date_part(part), moment, *rest])


def _concatenated(call: Call) -> exp.Expr | None:
    """Two arguments only, and NULL with anything is NULL; PostgreSQL's own takes NULL for an empty text."""
    if len(call.expressions) != 2:
        return system_call("concat", *call.expressions)
    first, second = map(_as_text, call.expressions)
    return exp.Paren(this=exp.DPipe(this=first, expression=second))


def _nvl2(call: Call) -> exp.Expr:
    value, present, absent = call.expressions
    is_null = exp.Is(this=value.copy(), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=is_null, true=absent.copy())], default=present.copy())


def _average(call: Call, over: Callable[[exp.Expr], exp.Expr] = lambda aggregate: aggregate) -> Call:
    """By sum and count: whole for whole numbers, with the scale of the values for decimals."""
    (value,) = call.expressions
    total = over(Call(this="SUM", expressions=[value.copy()]))
    return system_call("average", total, over(Call(this="COUNT", expressions=[value.copy()])))


def _average_of_group(call: Call) -> Call | None:
    return None if isinstance(call.parent, exp.Window) or len(call.expressions) != 1 else _average(call)


def _over(window: exp.Window, aggregate: exp.Expr) -> exp.Expr:
    copied = window.copy()
    copied.set("this", aggregate)
    return copied


def _ratio_to_report(window: exp.Window, call: Call) -> exp.Expr:
    """RATIO_TO_REPORT(x) OVER (w) is x / SUM(x) OVER (w)."""
    value = exp.cast(call.expressions[0].copy(), exp.DType.DOUBLE)
    total = exp.Nullif(this=_over(window, exp.Sum(this=call.expressions[0].copy())), expression=exp.Literal.number(0))
    return exp.Paren(this=exp.Div(this=value, expression=total))


def _median(call: Call) -> exp.Expr | None:
    if isinstance(call.parent, exp.Window):
        return None
    order = exp.Order(expressions=[exp.Ordered(this=call.expressions[0].copy())])
    half = Call(this="PERCENTILE_CONT", expressions=[exp.Literal.number("0.5")])
    return exp.WithinGroup(this=half, expression=order)


def _list_aggregate(call: Call, order: list[exp.Expr]) -> Call:
    """LISTAGG([DISTINCT] value [, separator]) as STRING_AGG of texts."""
    first = call.expressions[0]
    is_distinct = isinstance(first, exp.Distinct)
    value, *rest = [*first.expressions, *call.expressions[1:]] if is_distinct else call.expressions
    separator = rest[0].copy() if rest else exp.Literal.string("")
    text = _as_text(value)
    ordered = [item.copy() for item in order]
    for item in ordered:
        if item.this == value:
            item.set("this", text.copy())
    last = exp.Order(this=separator, expressions=ordered) if ordered else separator
    arguments: list[exp.Expr] = [exp.Distinct(expressions=[text, last])] if is_distinct else [text, last]
    return Call(this="STRING_AGG", expressions=arguments)


def _list_aggregate_of_group(call: Call) -> Call | None:
    return None if isinstance(call.parent, exp.WithinGroup | exp.Window) else _list_aggregate(call, [])


def _json_path(call: Call) -> Call:
    """The path's elements as one argument: a last one that is a boolean tells what becomes of invalid JSON."""
    text, *path = call.expressions
    is_null_if_invalid = path.pop() if path and isinstance(path[-1], exp.Boolean) else exp.false()
    if not path:
        raise StatementError("ERROR: function json_extract_path_text needs a path element")
    elements = exp.Array(expressions=[_as_text(element) for element in path])
    return system_call("json_extract_path_text", text, elements, is_null_if_invalid)


def _swapped_position(call: Call) -> Call:
    part, text = call.expressions
    return Call(this="STRPOS", expressions=[text.copy(), part.copy()])


CALLS: dict[str, Callable[[Call], exp.Expr | None]] = {
    "add_months": lambda call: system_call("add_months", _as_timestamp(call.expressions[0]), *call.expressions[1:]),
    "avg": _average_of_group,
    "charindex": _swapped_position,
    "concat": _concatenated,
    "convert_timezone": _on_timestamps("convert_timezone", 1, has_part=False),
    "date_add": _on_timestamps("dateadd", 1, has_part=True),
    "date_diff": _on_timestamps("datediff", 2, has_part=True),
    "date_part": _part_of_date,
    "dateadd": _on_timestamps("dateadd", 1, has_part=True),
    "datediff": _on_timestamps("datediff", 2, has_part=True),
    "dexp": _renamed("EXP"),
    "dlog1": _renamed("LN"),
    "dlog10": _renamed("LOG"),
    "json_extract_path_text": _json_path,
    "last_day": _on_timestamps("last_day", 1, has_part=False),
    "listagg": _list_aggregate_of_group,
    "median": _median,
    "months_between": _on_timestamps("months_between", 2, has_part=False),
    "nvl": _renamed("COALESCE"),
    "nvl2": _nvl2,
    "pow": _renamed("POWER"),
    "replicate": _renamed("REPEAT"),
}
