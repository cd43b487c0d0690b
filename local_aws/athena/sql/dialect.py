"""Athena's SQL (Trino) as DuckDB's: what sqlglot's generator does not know of the differences in meaning."""

from collections.abc import Callable

from sqlglot import ErrorLevel, exp
from sqlglot.errors import UnsupportedError

from local_aws.athena.sql.decimals import decimal_operands, decimal_size, quotient_type
from local_aws.athena.sql.errors import not_supported
from local_aws.athena.sql.functions import FUNCTION_REWRITES
from local_aws.athena.sql.types import fraction_digits

NODE_ID = "node_id"
Types = dict[int, exp.DataType]
Rewrite = Callable[[exp.Expression, Types], exp.Expression | None]


def to_duckdb(expression: exp.Expression, types: Types | None = None) -> str:
    """DuckDB SQL of an Athena expression. `types` holds the types of nodes by their id, as far as they are known."""
    holder = exp.Paren(this=expression.copy())
    for node in reversed(list(holder.this.walk())):
        rewrite = _REWRITES.get(type(node))
        replacement = rewrite(node, types or {}) if rewrite else None
        if replacement is not None:
            _replace(node, replacement)
    try:
        return holder.this.sql("duckdb", unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise not_supported(str(error)) from error


def _replace(node: exp.Expression, replacement: exp.Expression) -> None:
    """Put `replacement` where `node` is; it has the same type."""
    if NODE_ID in node.meta:
        replacement.meta[NODE_ID] = node.meta[NODE_ID]
    node.replace(replacement)


def type_of(node: exp.Expression | None, types: Types) -> exp.DataType | None:
    return None if node is None else types.get(node.meta.get(NODE_ID, -1))


def _divide(node: exp.Div, types: Types) -> exp.Expression | None:
    left, right = type_of(node.left, types), type_of(node.right, types)
    sizes = decimal_operands(left, right)
    if sizes:
        return _decimal_quotient(node.left, node.right, *sizes)
    if decimal_size(left) and decimal_size(right):
        return exp.paren(exp.IntDiv(this=_grouped(node.left), expression=_grouped(node.right)), copy=False)
    if any(kind is not None and kind.is_type("float", "double") for kind in (left, right)):
        return None
    return exp.Anonymous(this="trino_divide", expressions=[node.left.copy(), node.right.copy()])


def _grouped(node: exp.Expression) -> exp.Expression:
    return exp.paren(node.copy(), copy=False) if isinstance(node, exp.Binary) else node.copy()


def _decimal_quotient(
    dividend: exp.Expression, divisor: exp.Expression, dividend_size: tuple[int, int], divisor_size: tuple[int, int]
) -> exp.Expression:
    """Exact decimal division, rounded half up: both operands become whole numbers of the result's unit."""
    precision, scale = quotient_type(dividend_size, divisor_size)
    quotient = exp.Anonymous(
        this="trino_rounded_quotient",
        expressions=[_shifted(dividend, scale + divisor_size[1]), _shifted(divisor, divisor_size[1])],
    )
    result = _cast_to(quotient, "DECIMAL(38, 0)")
    if scale:
        unit = _cast_to(exp.Literal.string(f"0.{'0' * (scale - 1)}1"), f"DECIMAL({scale}, {scale})")
        result = exp.Mul(this=result, expression=unit)
    return _cast_to(result, f"DECIMAL({precision}, {scale})")


def _shifted(value: exp.Expression, digits: int) -> exp.Expression:
    factor = _cast_to(exp.Literal.number(10**digits), f"DECIMAL({digits + 1}, 0)")
    return _cast_to(exp.Mul(this=exp.paren(value.copy(), copy=False), expression=factor), "INT128")


def _average(node: exp.Avg, types: Types) -> exp.Expression | None:
    """The average of decimals is a decimal of the same scale."""
    kind = type_of(node, types)
    if kind is None or not kind.is_type("decimal"):
        return None
    outer = _with_modifiers(node)
    total, count = (_swapped(outer, node, function) for function in (exp.Sum, exp.Count))
    size = decimal_size(kind)
    present = exp.Nullif(this=count, expression=exp.Literal.number(0))
    average = _decimal_quotient(total, present, (38, size[1]), (19, 0))
    _replace(outer, _cast_to(average, f"DECIMAL({size[0]}, {size[1]})"))
    return None


def _sum(node: exp.Sum, types: Types) -> exp.Expression | None:
    """The sum of integers is a bigint; DuckDB's is a 128-bit integer."""
    kind = type_of(node, types)
    if kind is not None and kind.is_type("bigint"):
        outer = _with_modifiers(node)
        _replace(outer, _cast_to(outer.copy(), "BIGINT"))
    return None


def _cast_to(node: exp.Expression, kind: str) -> exp.Cast:
    return exp.Cast(this=node, to=exp.DataType.build(kind, dialect="duckdb"))


def _with_modifiers(node: exp.Expression) -> exp.Expression:
    """The aggregate with its FILTER and OVER."""
    while isinstance(node.parent, exp.Filter | exp.Window) and node.arg_key == "this":
        node = node.parent
    return node


def _swapped(outer: exp.Expression, aggregate: exp.Expression, function: type[exp.Func]) -> exp.Expression:
    replacement = function(this=aggregate.this.copy())
    if outer is aggregate:
        return replacement
    copied = outer.copy()
    copied.find(type(aggregate)).replace(replacement)
    return copied


def _moved(node: exp.Expression, types: Types) -> exp.Expression | None:
    """`moment + INTERVAL …` keeps the type of the moment: DuckDB makes a timestamp of a date.

    DuckDB cannot choose among a macro's overloads for an aggregate, so a known type is not left to the macro.
    """
    left, right = node.left, node.right
    if isinstance(node, exp.Add) and isinstance(left, exp.Interval) and not isinstance(right, exp.Interval):
        left, right = right, left
    if not isinstance(right, exp.Interval) or isinstance(left, exp.Interval):
        return None
    kind = type_of(left, types)
    if kind is not None and kind.is_type("date"):
        return _cast_to(node.copy(), "DATE")
    if kind is not None and kind.is_type("timestamp", "timestamptz", "time"):
        return None
    duration = exp.Neg(this=right.copy()) if isinstance(node, exp.Sub) else right.copy()
    return exp.Anonymous(this="trino_date_add", expressions=[left.copy(), duration])


def _cast(node: exp.Cast, types: Types) -> exp.Expression | None:
    target, source = node.to, type_of(node.this, types)
    if target.is_type("json"):
        return exp.Anonymous(this="to_json", expressions=[node.this.copy()])
    if target.is_type("decimal") and not target.expressions:
        target.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(size)) for size in (38, 0)])
    elif target.is_type("timestamp", "timestamptz", "time"):
        target.set("expressions", [])
    elif target.is_type("varchar", "char"):
        return _text_cast(node, target, source)
    return None


def _text_cast(node: exp.Cast, target: exp.DataType, source: exp.DataType | None) -> exp.Expression | None:
    if source is not None and source.is_type("timestamp"):
        digits = exp.Literal.number(fraction_digits(source))
        return exp.Anonymous(this="trino_timestamp_text", expressions=[node.this.copy(), digits])
    if not target.expressions:
        return None
    length = target.expressions[0].copy()
    target.set("expressions", [])
    return exp.Substring(this=node.copy(), start=exp.Literal.number(1), length=length.this)


def _cardinality(node: exp.ArraySize, types: Types) -> exp.Expression | None:
    kind = type_of(node.this, types)
    if kind is not None and kind.is_type("map"):
        return _cast_to(exp.Anonymous(this="cardinality", expressions=[node.this.copy()]), "BIGINT")
    return None


def _series(node: exp.GenerateSeries, types: Types) -> exp.Expression | None:
    kind = type_of(node.args["start"], types)
    return _cast_to(node.copy(), "DATE[]") if kind is not None and kind.is_type("date") else None


def _length(node: exp.Length, types: Types) -> exp.Expression | None:
    kind = type_of(node.this, types)
    if kind is not None and kind.is_type("varbinary", "binary", "blob"):
        return exp.Anonymous(this="octet_length", expressions=[node.this.copy()])
    return None


_REWRITES: dict[type[exp.Expression], Rewrite] = {
    exp.Div: _divide,
    exp.Avg: _average,
    exp.Sum: _sum,
    exp.Add: _moved,
    exp.Sub: _moved,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.ArraySize: _cardinality,
    exp.Length: _length,
    exp.GenerateSeries: _series,
    **{kind: lambda node, _, rewrite=rewrite: rewrite(node) for kind, rewrite in FUNCTION_REWRITES.items()},
}
