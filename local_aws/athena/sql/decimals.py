"""Trino's types of decimal arithmetic, as rules for sqlglot's type annotator.

Source: Trino's documentation, "Decimal functions and operators": precision and scale of the results.
"""

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

MAX_PRECISION = 38
_INTEGER_PRECISIONS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "INTEGER": 10, "BIGINT": 19}


def decimal_size(kind: exp.DataType | None) -> tuple[int, int] | None:
    """Precision and scale of a decimal or integer type, None for any other."""
    if kind is None:
        return None
    if kind.is_type("decimal"):
        sizes = [int(parameter.name) for parameter in kind.expressions]
        return (sizes[0], sizes[1] if len(sizes) > 1 else 0) if sizes else (MAX_PRECISION, 0)
    precision = _INTEGER_PRECISIONS.get(kind.this.name)
    return None if precision is None else (precision, 0)


def decimal_operands(left: exp.DataType | None, right: exp.DataType | None) -> list[tuple[int, int]] | None:
    """Sizes of both operands where the arithmetic is decimal: one is a decimal, the other a decimal or an integer."""
    sizes = [decimal_size(left), decimal_size(right)]
    is_decimal = any(kind is not None and kind.is_type("decimal") for kind in (left, right))
    return sizes if is_decimal and None not in sizes else None


def decimal_type(precision: int, scale: int) -> exp.DataType:
    return exp.DataType.build(f"DECIMAL({min(precision, MAX_PRECISION)}, {min(scale, MAX_PRECISION)})")


def quotient_type(dividend: tuple[int, int], divisor: tuple[int, int]) -> tuple[int, int]:
    """Precision and scale of a decimal division."""
    (precision, scale), (_, divisor_scale) = dividend, divisor
    return min(MAX_PRECISION, precision + divisor_scale + max(divisor_scale - scale, 0)), max(scale, divisor_scale)


def _product(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


def _sum(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    scale = max(left[1], right[1])
    return max(left[0] - left[1], right[0] - right[1]) + scale + 1, scale


def _binary(size: Callable[..., tuple[int, int]], default: Callable[..., Any]) -> dict[str, Any]:
    def annotate(annotator: Any, node: exp.Binary) -> exp.Expression:
        operands = decimal_operands(node.left.type, node.right.type)
        if operands is None:
            return default(annotator, node)
        annotator._set_type(node, decimal_type(*size(*operands)))
        return node

    return {"annotator": annotate}


def _division(annotator: Any, node: exp.Div) -> exp.Expression:
    left, right = node.left.type, node.right.type
    if left and right and left.is_type(*exp.DataType.INTEGER_TYPES) and right.is_type(*exp.DataType.INTEGER_TYPES):
        annotator._set_type(node, left if decimal_size(left) >= decimal_size(right) else right)
        return node
    return _DEFAULTS[exp.Div]["annotator"](annotator, node)


def _aggregate(name: str) -> dict[str, Any]:
    def annotate(annotator: Any, node: exp.AggFunc) -> exp.Expression:
        kind = node.this.type or (node.this.expressions[0].type if isinstance(node.this, exp.Distinct) else None)
        size = decimal_size(kind)
        if size is None:
            annotator._set_type(node, exp.DType.DOUBLE)
        elif not kind.is_type("decimal"):
            annotator._set_type(node, exp.DType.BIGINT if name == "sum" else exp.DType.DOUBLE)
        else:
            annotator._set_type(node, decimal_type(MAX_PRECISION if name == "sum" else size[0], size[1]))
        return node

    return {"annotator": annotate}


def _as_argument(annotator: Any, node: exp.Expression) -> exp.Expression:
    annotator._set_type(node, node.this.type)
    return node


_DEFAULTS = sqlglot.Dialect.get_or_raise("athena").EXPRESSION_METADATA

TRINO_TYPE_RULES = {
    **_DEFAULTS,
    exp.Mul: _binary(_product, _DEFAULTS[exp.Mul]["annotator"]),
    exp.Add: _binary(_sum, _DEFAULTS[exp.Add]["annotator"]),
    exp.Sub: _binary(_sum, _DEFAULTS[exp.Sub]["annotator"]),
    exp.Div: _binary(quotient_type, _division),
    exp.Sum: _aggregate("sum"),
    exp.Avg: _aggregate("avg"),
    **{
        kind: {"annotator": _as_argument}
        for kind in (exp.DateTrunc, exp.TimestampTrunc, exp.AtTimeZone, exp.ArgMax, exp.ArgMin)
    },
}
