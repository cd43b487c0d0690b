"""Functions whose arguments are no plain list: TRIM, SUBSTRING, POSITION, EXTRACT, `||` and those of JSON paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.athena.analysis import calls
from local_aws.athena.analysis.casts import cast_sql
from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.types import JSON, MAX_FRACTION_DIGITS, MILLISECONDS, TIMESTAMP_TZ, Type, type_of
from local_aws.athena.analysis.values import Value

if TYPE_CHECKING:
    from local_aws.athena.analysis.expressions import Expressions


def concatenated(on: Expressions, node: exp.DPipe) -> Value:
    return calls.of_values(node, "concat", on.values([node.left, node.right]))


def trim(on: Expressions, node: exp.Trim) -> Value:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.args.get("position") or "").upper(), "trim")
    parts = [node.this, *([node.expression] if node.args.get("expression") else [])]
    return calls.of_values(node, name, on.values(parts))


def position(on: Expressions, node: exp.StrPosition) -> Value:
    return calls.of_values(node, "strpos", on.values([node.this, node.args["substr"]]))


def substring(on: Expressions, node: exp.Substring) -> Value:
    parts = [node.this, node.args.get("start"), node.args.get("length")]
    return calls.of_values(node, "substring", on.values(part for part in parts if part is not None))


NOW = {"current_timestamp": TIMESTAMP_TZ, "localtimestamp": "timestamp", "localtime": "time"}


def now(_: Expressions, node: exp.Expression) -> Value:
    """`current_timestamp(6)` and its like: the moment rounded to so many digits of a second, three without a number.

    Source: CurrentTimestamp and LocalTimeFunction of Trino.
    """
    given = node.expressions if isinstance(node, exp.Anonymous) else [exp.Literal.number(MILLISECONDS)]
    digits = given[0].name if len(given) == 1 else ""
    if not digits.isdigit() or int(digits) > MAX_FRACTION_DIGITS:
        raise refused(node.sql("trino"), node)
    kind = Type(NOW[(node.name or node.sql_name()).lower()], (int(digits),), "UTC")
    return Value(cast_sql("now()", Type(TIMESTAMP_TZ, (MAX_FRACTION_DIGITS,), "UTC"), kind) or "", kind)


_EXTRACTED = {
    "year", "quarter", "month", "week", "day", "day_of_month", "day_of_week", "dow", "day_of_year", "doy",
    "year_of_week", "yow", "hour", "minute", "second", "timezone_hour", "timezone_minute",
}  # fmt: skip


def extract(on: Expressions, node: exp.Extract) -> Value:
    name = node.this.name.lower()
    value = on.value(node.expression)
    if name not in _EXTRACTED:
        raise failure("SYNTAX_ERROR", node, f"Invalid EXTRACT field: {node.this.name}")
    if calls.match(name, [value]) is None:
        raise failure("TYPE_MISMATCH", node, f"Cannot extract {name.upper()} from {value.type}")
    return calls.of_values(node, name, [value])


def _json_path(node: exp.Expression, path: exp.Expression) -> exp.Expression:
    if not isinstance(path, exp.Literal) or path.name.split(" ")[0] not in {"lax", "strict"}:
        raise failure("INVALID_PATH", node, "A JSON path begins with the mode: 'lax $.name' or 'strict $.name'")
    return path


def json_value(on: Expressions, node: exp.JSONValue) -> Value:
    if node.args.get("on_condition"):
        raise refused("json_value with ON EMPTY or ON ERROR", node)
    value = calls.of_values(node, "json_value", on.values([node.this, _json_path(node, node.args["path"])]))
    returning = node.args.get("returning")
    if not isinstance(returning, exp.DataType):
        return value
    target = type_of(returning)
    sql = cast_sql(value.sql, value.type, target, is_try=True)
    if sql is None:
        raise failure("TYPE_MISMATCH", node, f"Invalid return type of function JSON_VALUE: {target}")
    return value.of(f"({sql})", target)


def json_query(on: Expressions, node: exp.JSONExtract) -> Value:
    extras = [part for part in ("option", "quote", "on_condition") if node.args.get(part)]
    if not node.args.get("json_query") or extras:
        raise refused("json_query with WRAPPER, QUOTES or ON EMPTY", node)
    return calls.of_values(node, "json_query", on.values([node.this, _json_path(node, node.expression)]))


def json_object(_: Expressions, node: exp.JSONObject) -> Value:
    raise refused("The function 'json_object'", node)


def json_literal(on: Expressions, node: exp.ParseJSON) -> Value:
    return Value(f"trino_json({on.value(node.this).sql})", JSON)
