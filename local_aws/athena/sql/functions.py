"""Trino's functions as calls of DuckDB's functions and of the macros in macros.sql; no types are needed here."""

import re
from collections.abc import Callable
from pathlib import Path

from sqlglot import exp

from local_aws.athena.sql.errors import not_supported

MACROS = Path(__file__).with_name("macros.sql").read_text()

Arguments = list[exp.Expression]


def _call(name: str, *arguments: exp.Expression | None) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments if argument is not None])


def _unit(node: exp.Expression) -> exp.Expression:
    return exp.Literal.string(node.args["unit"].name.lower())


def _date_add(node: exp.DateAdd) -> exp.Expression:
    duration = exp.Interval(
        this=exp.paren(node.expression.copy(), copy=False), unit=exp.Var(this=node.args["unit"].name)
    )
    return _call("trino_date_add", node.this, duration)


def _date_diff(node: exp.DateDiff) -> exp.Expression:
    """Trino counts whole units, as DuckDB's date_sub does; DuckDB's date_diff counts boundaries."""
    return _call("date_sub", _unit(node), node.expression, node.this)


def _regexp_replace(node: exp.RegexpReplace) -> exp.Expression:
    """Groups are `$1` in Trino and `\\1` in DuckDB."""
    replacement = node.args.get("replacement") or exp.Literal.string("")
    if isinstance(replacement, exp.Lambda):
        raise not_supported("regexp_replace with a lambda")
    if isinstance(replacement, exp.Literal):
        replacement = exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", replacement.name))
    return _call("regexp_replace", node.this, node.expression, replacement, exp.Literal.string("g"))


def _reduce(node: exp.Reduce) -> exp.Expression | None:
    """DuckDB's list_reduce has no final function: it is applied to the result."""
    finish = node.args.get("finish")
    if finish is None:
        return None
    reduced = exp.Reduce(this=node.this, initial=node.args["initial"], merge=node.args["merge"])
    parameter = finish.expressions[0].name
    body = finish.this.transform(
        lambda part: (
            reduced.copy() if isinstance(part, exp.Column | exp.Identifier) and part.name == parameter else part
        )
    )
    return exp.paren(body, copy=False)


def _array_sort(node: exp.ArraySort) -> exp.Expression | None:
    if node.expression:
        raise not_supported("array_sort with a comparison function")
    return None


def _approximate_distinct(node: exp.ApproxDistinct) -> exp.Expression | None:
    node.set("accuracy", None)
    return None


def _match(arguments: Arguments, is_all: bool) -> exp.Expression:
    array, condition = arguments
    matches = _call("len", _call("list_filter", array, condition))
    if is_all:
        return exp.paren(exp.EQ(this=matches, expression=_call("len", array)), copy=False)
    return exp.paren(exp.GT(this=matches, expression=exp.Literal.number(0)), copy=False)


def _map_agg(arguments: Arguments) -> exp.Expression:
    return _call("map", *(_call("list", argument) for argument in arguments))


_NAMED: dict[str, Callable[[Arguments], exp.Expression]] = {
    "every": lambda arguments: _call("bool_and", *arguments),
    "any_match": lambda arguments: _match(arguments, is_all=False),
    "all_match": lambda arguments: _match(arguments, is_all=True),
    "none_match": lambda arguments: exp.Not(this=_match(arguments, is_all=False)),
    "map_agg": _map_agg,
    "at_timezone": lambda arguments: _call("trino_at_timezone", *arguments),
    "nan": lambda _: exp.cast(exp.Literal.string("NaN"), "DOUBLE"),
    "infinity": lambda _: exp.cast(exp.Literal.string("Infinity"), "DOUBLE"),
    "codepoint": lambda arguments: _call("unicode", *arguments),
    "regexp_split": lambda arguments: _call("regexp_split_to_array", *arguments),
    "regexp_count": lambda arguments: _call("len", _call("regexp_extract_all", *arguments)),
    "to_iso8601": lambda arguments: _call("strftime", arguments[0], exp.Literal.string("%Y-%m-%dT%H:%M:%S.%gZ")),
}


def _anonymous(node: exp.Anonymous) -> exp.Expression | None:
    rewrite = _NAMED.get(node.name.lower())
    return rewrite(node.expressions) if rewrite else None


FUNCTION_REWRITES: dict[type[exp.Expression], Callable[..., exp.Expression | None]] = {
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: lambda node: _call("trino_date_trunc", _unit(node), node.this),
    exp.TimestampTrunc: lambda node: _call("trino_date_trunc", _unit(node), node.this),
    exp.JSONExtract: lambda node: _call("trino_json_extract", node.this, node.expression),
    exp.JSONExtractScalar: lambda node: _call("trino_json_extract_scalar", node.this, node.expression),
    exp.RegexpExtract: lambda node: _call("trino_regexp_extract", node.this, node.expression, node.args.get("group")),
    exp.RegexpReplace: _regexp_replace,
    exp.SplitPart: lambda node: _call("trino_split_part", node.this, node.args["delimiter"], node.args["part_index"]),
    exp.Format: lambda node: _call("printf", node.this, *node.expressions),
    exp.Reduce: _reduce,
    exp.ArraySort: _array_sort,
    exp.ApproxDistinct: _approximate_distinct,
    exp.Anonymous: _anonymous,
}
