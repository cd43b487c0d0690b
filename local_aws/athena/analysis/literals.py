"""Literals and their types.

Source: Trino documentation, "Data types" and "Decimal functions and operators"; precision of `0.5` as Trino's
Decimals.parse counts it, without leading zeros.
"""

import re
from typing import Any

from sqlglot import exp

from local_aws.athena.analysis.errors import failure, refused
from local_aws.athena.analysis.types import (
    BIGINT,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    MAX_PRECISION,
    VARBINARY,
    YEAR_TO_MONTH,
    Type,
    decimal,
)
from local_aws.athena.analysis.values import Value
from local_aws.athena.sql.quoting import text_literal

_MAX_INTEGER, _MAX_BIGINT = 2**31 - 1, 2**63 - 1
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?")
_CODE_POINT = re.compile(r"\\(?:\\|([0-9a-fA-F]{4}|\+[0-9a-fA-F]{6}))")
_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_SPAN = re.compile(r"(?:(?P<days>\d+) ?)?(?:(?P<hours>\d+):(?P<minutes>\d+)(?::(?P<seconds>[\d.]+))?)?")


def literal(_: Any, node: exp.Literal) -> Value:
    text = node.name
    if node.is_string:
        return Value(text_literal(text), Type("varchar", (len(text),)), text=text)
    if "e" in text.lower():
        return Value(f"CAST('{text}' AS DOUBLE)", DOUBLE)
    if "." in text:
        return _decimal(node, text)
    if not text.isdigit():
        raise failure("SYNTAX_ERROR", node, f"mismatched input '{text}'")
    if int(text) > _MAX_BIGINT:
        raise failure("INVALID_LITERAL", node, f"Invalid numeric literal: {text}")
    kind = INTEGER if int(text) <= _MAX_INTEGER else BIGINT
    return Value(str(int(text)), kind)


def _decimal(node: exp.Expression, text: str) -> Value:
    whole, _, fraction = text.partition(".")
    digits = len(whole.lstrip("0") + fraction)
    if digits > MAX_PRECISION:
        raise failure("INVALID_LITERAL", node, f"Value is too large: {text}")
    kind = decimal(max(digits, 1), len(fraction))
    return Value(f"CAST('{text}' AS DECIMAL({kind.arguments[0]}, {kind.arguments[1]}))", kind)


def hex_string(_: Any, node: exp.HexString) -> Value:
    return Value(f"unhex({text_literal(node.name)})", VARBINARY)


def unicode_string(_: Any, node: exp.UnicodeString) -> Value:
    """`U&'\\00e4'`, with four digits or, after a plus sign, six."""
    if node.args.get("escape"):
        raise refused("UESCAPE", node)
    text = _CODE_POINT.sub(lambda found: "\\" if found[1] is None else chr(int(found[1].lstrip("+"), 16)), node.name)
    return Value(text_literal(text), Type("varchar", (len(text),)), text=text)


def typed(text: str, kind: Type) -> Value | None:
    """A literal of a date or a timestamp; None for what is left to a cast."""
    if kind.name == "date" and _DATE.fullmatch(text):
        return Value(f"CAST({text_literal(text)} AS DATE)", kind)
    found = _TIMESTAMP.fullmatch(text) if kind.name == "timestamp" else None
    if found and len(found[3] or ".") - 1 <= kind.arguments[0]:
        return Value(f"CAST({text_literal(text)} AS TIMESTAMP)", kind)
    return None


def interval(_: Any, node: exp.Interval) -> Value:
    value, is_negative = node.this, False
    if isinstance(value, exp.Neg):
        value, is_negative = value.this, True
    if not isinstance(value, exp.Literal) or not value.is_string:
        raise failure("SYNTAX_ERROR", node, "mismatched input. Expecting: an interval's value in single quotes")
    sign, text = (-1 if is_negative != value.name.startswith("-") else 1), value.name.lstrip("+-")
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        return _span(node, sign, text, unit)
    name = (unit.name if unit is not None else "").upper()
    if name in {"YEAR", "MONTH"} and text.isdigit():
        return _months(sign * int(text) * (12 if name == "YEAR" else 1))
    if name in _SECONDS and re.fullmatch(r"\d+(\.\d+)?" if name == "SECOND" else r"\d+", text):
        return _microseconds(sign * round(float(text) * _SECONDS[name] * 1_000_000))
    if name not in {"YEAR", "MONTH", *_SECONDS}:
        raise failure(
            "SYNTAX_ERROR",
            node,
            f"mismatched input '{name}'. Expecting: 'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'",
        )
    raise failure("INVALID_LITERAL", node, f"'{value.name}' is not a valid INTERVAL literal")


def _span(node: exp.Interval, sign: int, text: str, unit: exp.IntervalSpan) -> Value:
    if unit.this.name.upper() == "YEAR" and (found := re.fullmatch(r"(\d+)-(\d+)", text)):
        return _months(sign * (int(found[1]) * 12 + int(found[2])))
    found = _SPAN.fullmatch(text)
    if unit.this.name.upper() != "DAY" or found is None:
        raise refused(f"INTERVAL '{text}' {unit.this.name} TO {unit.expression.name}", node)
    seconds = sum(
        float(found[part] or 0) * size
        for part, size in (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
    )
    return _microseconds(sign * round(seconds * 1_000_000))


def _months(count: int) -> Value:
    return Value(f"CAST({count} AS BIGINT)", YEAR_TO_MONTH)


def _microseconds(count: int) -> Value:
    days = 86_400_000_000
    if count % days == 0:
        return Value(f"to_days({count // days})", DAY_TO_SECOND)
    return Value(f"to_microseconds({count})", DAY_TO_SECOND)
