"""Arithmetic and comparisons by Trino's rules.

Source: Trino documentation, "Decimal functions and operators", "Date and time functions and operators", "Comparison
functions and operators"; the wording of errors is that of Trino's ExpressionAnalyzer and OperatorNotFoundException.
"""

from collections.abc import Callable

from sqlglot import exp

from local_aws.athena.analysis.casts import coerced
from local_aws.athena.analysis.coercion import common_type, decimal_size, remainder_size
from local_aws.athena.analysis.container_order import order_sql
from local_aws.athena.analysis.equality import equal_sql
from local_aws.athena.analysis.errors import failure
from local_aws.athena.analysis.types import (
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    MILLISECONDS,
    TIMESTAMP_TZ,
    YEAR_TO_MONTH,
    Type,
    decimal,
    duckdb_type,
)
from local_aws.athena.analysis.values import Value, columns_of
from local_aws.athena.analysis.zones import zone_sql

_SIGNS: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_MOMENTS = {"date", "time", "timestamp", TIMESTAMP_TZ}
_INTERVALS = {"interval day to second", "interval year to month"}
_NOT_ORDERED = {"map", "json"}


def arithmetic(node: exp.Binary, left: Value, right: Value) -> Value:
    sign = _SIGNS[type(node)]
    kinds = left.type, right.type
    if "unknown" in {kind.name for kind in kinds}:
        left, right = (_as(value, other.type) for value, other in ((left, right), (right, left)))
        kinds = left.type, right.type
    found = None
    if all(kind.is_number for kind in kinds):
        found = _numbers(sign, left, right)
    elif any(kind.name in _INTERVALS or kind.name in _MOMENTS for kind in kinds):
        found = _times(sign, left, right)
    if found is None:
        raise no_operator(node, sign, *kinds)
    sql, kind = found
    return Value(f"({sql})", kind, columns_of(left, right))


def _as(value: Value, kind: Type) -> Value:
    return value.of(coerced(value.sql, value.type, kind), kind) if value.type.name == "unknown" else value


def no_operator(node: exp.Expression, sign: str, left: Type, right: Type) -> Exception:
    return failure("TYPE_MISMATCH", node, f"Cannot apply operator: {left} {sign} {right}")


def _numbers(sign: str, left: Value, right: Value) -> tuple[str, Type]:
    common = common_type(left.type, right.type)
    if common.name == "decimal":
        return _decimals(sign, left, right)
    one, other = (coerced(value.sql, value.type, common) for value in (left, right))
    if common.is_integer:
        return f"{one} {'//' if sign == '/' else sign} {other}", common
    if sign == "%":
        return f"trino_mod({one}, {other})", common
    return f"{one} {sign} {other}", common


def _decimals(sign: str, left: Value, right: Value) -> tuple[str, Type]:
    (digits, scale), (other_digits, other_scale) = sizes = decimal_size(left.type), decimal_size(right.type)
    one, other = (
        coerced(value.sql, value.type, decimal(*size)) for value, size in zip((left, right), sizes, strict=True)
    )
    match sign:
        case "*":
            kind = decimal(digits + other_digits, scale + other_scale)
        case "/":
            kind = decimal(digits + other_scale + max(other_scale - scale, 0), max(scale, other_scale))
            return quotient_sql(one, other, kind, other_scale), kind
        case "%":
            kind = decimal(*remainder_size(left.type, right.type))
        case _:
            result_scale = max(scale, other_scale)
            kind = decimal(max(digits - scale, other_digits - other_scale) + result_scale + 1, result_scale)
    return f"CAST({one} {sign} {other} AS {duckdb_type(kind)})", kind


def quotient_sql(dividend: str, divisor: str, kind: Type, divisor_scale: int) -> str:
    """Exact decimal division, rounded half up: both operands become whole numbers of the result's unit."""
    precision, scale = kind.arguments
    quotient = (
        f"trino_rounded_quotient({_shifted(dividend, scale + divisor_scale)}, {_shifted(divisor, divisor_scale)})"
    )
    whole = f"CAST({quotient} AS DECIMAL(38, 0))"
    unit = f" * CAST('0.{'0' * (scale - 1)}1' AS DECIMAL({scale}, {scale}))" if scale else ""
    return f"CAST({whole}{unit} AS DECIMAL({precision}, {scale}))"


def _shifted(sql: str, digits: int) -> str:
    return f"CAST({sql} * CAST({10**digits} AS DECIMAL({digits + 1}, 0)) AS INT128)"


def _times(sign: str, left: Value, right: Value) -> tuple[str, Type] | None:
    one, other = left.type.name, right.type.name
    if sign == "*" and {one, other} & _INTERVALS and (left.type.is_number or right.type.is_number):
        interval, factor = (left, right) if one in _INTERVALS else (right, left)
        return _scaled(interval, f"{factor.sql}")
    if sign == "/" and one in _INTERVALS and right.type.is_number:
        return _scaled(left, f"(1.0 / CAST({right.sql} AS DOUBLE))")
    if sign == "+" and one in _INTERVALS and other in _MOMENTS:
        return _moved("+", right, left)
    if sign in {"+", "-"} and one in _MOMENTS and other in _INTERVALS:
        return _moved(sign, left, right)
    if sign in {"+", "-"} and one == other and one in _INTERVALS:
        return f"{left.sql} {sign} {right.sql}", left.type
    if sign == "-" and one in _MOMENTS and (common := common_type(left.type, right.type)):
        early, late = (coerced(value.sql, value.type, common) for value in (right, left))
        days = f"to_days(CAST({late} - {early} AS INTEGER))"
        return (days if common == DATE else f"trino_elapsed({early}, {late})"), DAY_TO_SECOND
    return None


def _scaled(interval: Value, factor: str) -> tuple[str, Type]:
    if interval.type == YEAR_TO_MONTH:
        return f"CAST({interval.sql} * {factor} AS BIGINT)", YEAR_TO_MONTH
    return f"to_microseconds(CAST(epoch_us({interval.sql}) * {factor} AS BIGINT))", DAY_TO_SECOND


def _moved(sign: str, moment: Value, interval: Value) -> tuple[str, Type] | None:
    is_months = interval.type == YEAR_TO_MONTH
    if is_months and moment.type.name == "time":
        return None
    step = f"to_months(CAST({interval.sql} AS INTEGER))" if is_months else interval.sql
    if moment.type == DATE:
        step = step if is_months else f"trino_days({step})"
        return f"CAST({moment.sql} {sign} {step} AS DATE)", DATE
    if moment.type.name == TIMESTAMP_TZ and is_months:
        zone = zone_sql(moment.type)
        return f"trino_instant(trino_local({moment.sql}, {zone}) {sign} {step}, {zone})", moment.type
    kind = moment.type if is_months else _with_digits(moment.type, MILLISECONDS)
    return f"{moment.sql} {sign} {step}", kind


def _with_digits(kind: Type, least: int) -> Type:
    """The type of a moment with so many digits of a second at least."""
    return Type(kind.name, (max(least, *kind.arguments),), kind.zone)


_COMPARED: dict[type[exp.Expression], tuple[str, str]] = {
    exp.EQ: ("=", "="),
    exp.NEQ: ("<>", "="),
    exp.LT: ("<", "<"),
    exp.GT: (">", "<"),
    exp.LTE: ("<=", "<="),
    exp.GTE: (">=", "<="),
    exp.NullSafeEQ: ("IS NOT DISTINCT FROM", "IS DISTINCT FROM"),
    exp.NullSafeNEQ: ("IS DISTINCT FROM", "IS DISTINCT FROM"),
}


def comparison(node: exp.Expression, left: Value, right: Value) -> Value:
    sign, named = _COMPARED[type(node)]
    common = common_type(left.type, right.type)
    is_compared = "DISTINCT" not in named and named != "="
    if common is None or (is_compared and not is_ordered(common)):
        raise no_operator(node, named, left.type, right.type)
    one, other = compared(common, left, right)
    sql = f"({one} {sign} {other})"
    if named == "=" and common.is_container:
        is_equal = equal_sql(one, other, common)
        sql = is_equal if sign == "=" else f"(NOT {is_equal})"
    elif is_compared and common.is_container:
        sql = order_sql(one, sign, other, common)
    return Value(sql, Type("boolean"), columns_of(left, right))


def is_ordered(kind: Type) -> bool:
    """Whether one value of the type may be less than another."""
    return not any(part.name in _NOT_ORDERED for part in kind.parts)


def compared(common: Type, *values: Value) -> list[str]:
    """The values as they are compared: DuckDB compares numbers, and times, of different types as Trino does."""
    if common.is_number or common.name in _MOMENTS:
        return [value.sql for value in values]
    return [coerced(value.sql, value.type, common) for value in values]


def single_type(
    values: list[Value], node: exp.Expression, what: str, wording: Callable[[Type, Type], str] | None = None
) -> Type:
    """The type that all the values are taken as."""
    common = values[0].type
    for value in values[1:]:
        wider = common_type(common, value.type)
        if wider is None:
            if wording is not None:
                raise failure("TYPE_MISMATCH", node, wording(common, value.type))
            kinds = ", ".join(dict.fromkeys(str(each.type) for each in values))
            raise failure(
                "TYPE_MISMATCH",
                node,
                f"{what} must be the same type or coercible to a common type. Cannot find common type between "
                f"{common} and {value.type}, all types (without duplicates): [{kinds}]",
            )
        common = wider
    return common


def negated(node: exp.Expression, value: Value) -> Value:
    if not (value.type.is_number or value.type.name in _INTERVALS or value.type.name == "unknown"):
        raise failure("TYPE_MISMATCH", node, f"Cannot negate {value.type}")
    return value.of(f"(-{value.sql})", DOUBLE if value.type.name == "unknown" else value.type)
