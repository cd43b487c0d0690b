"""Values of results as Athena prints them, by their types."""

import math
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from local_aws.athena.analysis.errors import refused
from local_aws.athena.analysis.types import TIMESTAMP_TZ, Type

Printer = Callable[[Any], str]


@lru_cache(maxsize=1024)
def _zone(name: str) -> Any:
    if name == "UTC":
        return UTC
    if name[0] in "+-":
        minutes = int(name[1:3]) * 60 + int(name[4:6])
        return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
    return ZoneInfo(name)


def printer(kind: Type) -> Callable[[Any], str | None]:
    """Prints values of a type; None for NULL."""
    printed = _printer(kind)
    return lambda value: None if value is None else printed(value)


def _printer(kind: Type) -> Printer:
    if kind.name in _CONTAINERS:
        return _CONTAINERS[kind.name](kind)
    if kind.name in _WITH_TYPE:
        return _WITH_TYPE[kind.name](kind)
    return _SIMPLE.get(kind.name, str)


def _nested(kind: Type) -> Printer:
    printed = _printer(kind)
    return lambda value: "null" if value is None else printed(value)


def _array(kind: Type) -> Printer:
    element = _nested(kind.element)
    return lambda value: f"[{', '.join(map(element, value))}]"


def _map(kind: Type) -> Printer:
    """DuckDB gives keys that Python cannot hash, and their values, as two lists."""
    key, item = map(_nested, kind.arguments)
    has_lists = kind.arguments[0].name in _CONTAINERS

    def printed(value: Any) -> str:
        pairs = zip(value["key"], value["value"], strict=True) if has_lists else value.items()
        return "{" + ", ".join(f"{key(one)}={item(other)}" for one, other in pairs) + "}"

    return printed


def _row(kind: Type) -> Printer:
    parts = [_nested(part) for _, part in kind.arguments]
    return lambda value: (
        "{" + ", ".join(f"{name}={show(part)}" for show, (name, part) in zip(parts, value.items(), strict=True)) + "}"
    )


def _digits(kind: Type) -> int:
    """Digits of seconds: three, or six where the type has more than three."""
    return 6 if kind.arguments and kind.arguments[0] > 3 else 3


def _fraction(microseconds: int, digits: int) -> str:
    return f".{microseconds:06d}"[: digits + 1]


def _moment(value: datetime, digits: int) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}".zfill(19) + _fraction(value.microsecond, digits)


def _timestamp(kind: Type) -> Printer:
    digits = _digits(kind)
    return lambda value: _moment(value, digits)


def _zoned(kind: Type) -> Printer:
    if kind.zone is None:
        raise refused("A time zone that differs from value to value")
    digits, zone = _digits(kind), _zone(kind.zone)
    return lambda value: f"{_moment(value.astimezone(zone), digits)} {kind.zone}"


def _time(kind: Type) -> Printer:
    digits = _digits(kind)
    return lambda value: f"{value:%H:%M:%S}{_fraction(value.microsecond, digits)}"


def _char(kind: Type) -> Printer:
    return lambda value: value.ljust(kind.arguments[0])


def _double(value: float) -> str:
    """As Java prints a double: `1.0E10`, `0.001`, `NaN`, `Infinity`."""
    return _number(value, repr(value))


def _real(value: float) -> str:
    """The shortest text that is the same 32-bit number."""
    shortest = next((text for digits in range(1, 10) if _as_real(float(text := f"{value:.{digits}g}")) == value), None)
    return _number(value, repr(float(shortest)) if shortest is not None else repr(value))


def _as_real(value: float) -> float:
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.inf


def _number(value: float, text: str) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    exact = Decimal(text)
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        shown = format(exact, "f")
        return shown if "." in shown else f"{shown}.0"
    mantissa, _, exponent = f"{exact:E}".partition("E")
    digits = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _days(value: timedelta) -> str:
    sign, rest = ("-", -value) if value < timedelta() else ("", value)
    hours, seconds = divmod(rest.seconds, 3600)
    return f"{sign}{rest.days} {hours:02}:{seconds // 60:02}:{seconds % 60:02}.{rest.microseconds // 1000:03}"


def _months(value: int) -> str:
    return f"{'-' if value < 0 else ''}{abs(value) // 12}-{abs(value) % 12}"


def _date(value: date) -> str:
    return value.isoformat()


_SIMPLE: dict[str, Printer] = {
    "boolean": lambda value: "true" if value else "false",
    "double": _double,
    "real": _real,
    "decimal": lambda value: format(value, "f"),
    "date": _date,
    "varbinary": lambda value: value.hex(" "),
    "interval day to second": _days,
    "interval year to month": _months,
}
_WITH_TYPE: dict[str, Callable[[Type], Printer]] = {
    "timestamp": _timestamp,
    TIMESTAMP_TZ: _zoned,
    "time": _time,
    "char": _char,
}
_CONTAINERS: dict[str, Callable[[Type], Printer]] = {"array": _array, "map": _map, "row": _row}
