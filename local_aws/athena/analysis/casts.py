"""CAST and TRY_CAST, and the casts that Trino makes by itself.

Source of rules and messages: Trino documentation, "Conversion functions", and the casts in io.trino.type.
"""

from collections.abc import Callable
from dataclasses import dataclass

from local_aws.athena.analysis.types import (
    INTEGER_DIGITS,
    MAX_FRACTION_DIGITS,
    MAX_PRECISION,
    MILLISECONDS,
    TIMESTAMP_TZ,
    Type,
    duckdb_type,
)
from local_aws.athena.analysis.values import row_sql
from local_aws.athena.analysis.zones import local_sql, zone_sql
from local_aws.athena.sql.quoting import text_literal

_FRACTIONS = {"time", "timestamp", TIMESTAMP_TZ}
_JAVA_NAMES = {"integer": "INT"}
_NUMBER_TEXT = r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"
_TEXTS: dict[str, str] = {
    **dict.fromkeys(INTEGER_DIGITS, r"[+-]?\d+"),
    "double": rf"\s*[+-]?(NaN|Infinity)\s*|{_NUMBER_TEXT}",
    "real": rf"\s*[+-]?(NaN|Infinity)\s*|{_NUMBER_TEXT}",
    "decimal": _NUMBER_TEXT,
    "date": r"\s*[+-]?\d+-\d{1,2}-\d{1,2}\s*",
    "time": r"\s*\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?\s*",
    "timestamp": r"\s*[+-]?\d+-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?)?\s*",
    TIMESTAMP_TZ: r"\s*[+-]?\d+-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?)?( ?(UTC|Z))?\s*",
    "boolean": r"(?i)(t|true|1|f|false|0)",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}


def failing(message: str, kind: str) -> str:
    """DuckDB SQL of a value of a DuckDB type that fails with the message, itself SQL of a text; TRY makes it NULL."""
    return f"CAST('!' || {message} || '!~' AS {kind})"


@dataclass(frozen=True, slots=True)
class _Cast:
    """A cast to be made of DuckDB SQL."""

    sql: str
    source: Type
    target: Type
    is_try: bool

    @property
    def held(self) -> str:
        """DuckDB's type of the result."""
        return duckdb_type(self.target) or ""

    def of(self, sql: str) -> str:
        return f"{'TRY_CAST' if self.is_try else 'CAST'}({sql} AS {self.held})"

    def part(self, sql: str, source: Type, target: Type) -> str | None:
        return cast_sql(sql, source, target, self.is_try)


def cast_sql(sql: str, source: Type, target: Type, is_try: bool = False) -> str | None:
    """DuckDB SQL of the value cast as Trino casts it; None where Trino has no such cast."""
    held = duckdb_type(target)
    if source == target:
        return sql
    if source.name == "unknown":
        return f"CAST(NULL AS {held})"
    if held is None:
        return None
    cast = _Cast(sql, source, target, is_try)
    if source.name == target.name and source.name in {"array", "map", "row"}:
        return _row(cast) if source.name == "row" else _container(cast)
    for sources, targets, made in _CASTS:
        if source.name in sources and target.name in targets:
            return made(cast)
    return None


def coerced(sql: str, source: Type, target: Type) -> str:
    """The value as Trino takes it for the type by itself."""
    if source == target or (source.name == target.name == "varchar"):
        return sql
    return cast_sql(sql, source, target) or sql


def _plain(cast: _Cast) -> str:
    return cast.of(cast.sql)


def _to_integer(cast: _Cast) -> str:
    """Halves are rounded away from zero."""
    return cast.of(cast.sql if cast.source.is_integer else f"round({cast.sql})")


def _from_text(cast: _Cast) -> str:
    sql, target = cast.sql, cast.target
    converted = f"TRY_CAST({sql} AS {cast.held})"
    if target.name == "boolean":
        converted = f"lower({sql}) IN ('t', 'true', '1')"
    elif target.name in _FRACTIONS:
        is_whole = target.arguments[0] == MAX_FRACTION_DIGITS
        converted = f"{converted} + trino_carried_digit({sql})" if is_whole else _rounded(converted, target)
    tried = f"CASE WHEN regexp_full_match({sql}, {text_literal(_TEXTS[target.name])}) THEN {converted} END"
    if cast.is_try:
        return tried
    failed = failing(_message(sql, target), cast.held)
    return f"CASE WHEN {sql} IS NULL OR ({tried}) IS NOT NULL THEN {tried} ELSE {failed} END"


def _message(sql: str, target: Type) -> str:
    name = _JAVA_NAMES.get(target.name) or target.name.upper()
    if target.name == "decimal":
        precision, scale = target.arguments
        start, end = "Cannot cast VARCHAR '", f"' to DECIMAL({precision}, {scale}). Value is not a number."
    elif target.name in {"date", "time", "timestamp", TIMESTAMP_TZ}:
        start, end = f"Value cannot be cast to {target.name}: ", ""
    else:
        start, end = "Cannot cast '", f"' to {name}"
    return f"{text_literal(f'INVALID_CAST_ARGUMENT: {start}')} || {sql} || {text_literal(end)}"


def _to_text(cast: _Cast) -> str:
    source, target = cast.source, cast.target
    text = text_sql(cast.sql, source)
    if target.name == "char":
        return f"rtrim(substr({text}, 1, {target.arguments[0]}), ' ')"
    if target.arguments and not source.is_text:
        refusal = f"'INVALID_CAST_ARGUMENT: Value ' || {text} || ' cannot be represented as {target}'"
        failed = "NULL" if cast.is_try else failing(refusal, "INTEGER")
        return f"CASE WHEN length({text}) <= {target.arguments[0]} THEN {text} ELSE CAST({failed} AS VARCHAR) END"
    is_short = source.arguments and target.arguments and source.arguments <= target.arguments
    return text if not target.arguments or is_short else f"substr({text}, 1, {target.arguments[0]})"


def text_sql(sql: str, source: Type) -> str:
    """A value's text as CAST(… AS varchar) gives it."""
    made = _AS_TEXT.get(source.name)
    return made(sql, source) if made else f"CAST({sql} AS VARCHAR)"


def _decimal_text(sql: str, source: Type) -> str:
    """DuckDB leaves out the zero before the point of a number that has room for none."""
    precision, scale = source.arguments
    wide = f"CAST({sql} AS DECIMAL({precision + 1}, {scale}))" if precision == scale < MAX_PRECISION else sql
    return f"CAST({wide} AS VARCHAR)"


def _time_text(sql: str, source: Type) -> str:
    return f"strftime(DATE '2000-01-01' + {sql}, '%H:%M:%S.{_fraction(source)}')"


def _timestamp_format(kind: Type) -> str:
    return f"'%Y-%m-%d %H:%M:%S.{_fraction(kind)}'"


def _fraction(kind: Type) -> str:
    return "%f" if kind.arguments and kind.arguments[0] > MILLISECONDS else "%g"


_AS_TEXT: dict[str, Callable[[str, Type], str]] = {
    "varchar": lambda sql, _: sql,
    "char": lambda sql, kind: f"rpad({sql}, {kind.arguments[0]}, ' ')",
    "decimal": _decimal_text,
    "double": lambda sql, _: f"trino_double_text({sql})",
    "real": lambda sql, _: f"trino_double_text({sql})",
    "timestamp": lambda sql, kind: f"strftime({sql}, {_timestamp_format(kind)})",
    TIMESTAMP_TZ: lambda sql, kind: (
        f"strftime({local_sql(sql, kind)}, {_timestamp_format(kind)}) || ' ' || {zone_sql(kind)}"
    ),
    "time": _time_text,
    "interval day to second": lambda sql, _: f"trino_interval_text({sql})",
    "interval year to month": lambda sql, _: f"trino_months_text({sql})",
    "json": lambda sql, _: f"json_extract_string({sql}, '$')",
}


def _zoned_to_local(cast: _Cast) -> str:
    return cast.part(local_sql(cast.sql, cast.source), Type("timestamp", cast.source.arguments), cast.target) or ""


def _moment(cast: _Cast) -> str:
    is_finer = bool(cast.source.arguments) and cast.source.arguments[0] > cast.target.arguments[0]
    return _rounded(_plain(cast), cast.target) if is_finer else _plain(cast)


def _rounded(sql: str, kind: Type) -> str:
    """A moment or a time with as many digits of a second as its type has."""
    unit = 10 ** (MAX_FRACTION_DIGITS - kind.arguments[0])
    return f"trino_rounded_moment({sql}, {unit})" if unit > 1 else sql


def _from_json(cast: _Cast) -> str:
    if cast.target.name in {"array", "map", "row"}:
        return _plain(cast)
    text = f"json_extract_string({cast.sql}, '$')"
    return text if cast.target.name == "varchar" else cast.of(text)


def _container(cast: _Cast) -> str | None:
    pairs = zip(cast.source.arguments, cast.target.arguments, strict=True)
    parts = [cast.part("part", given, wanted) for given, wanted in pairs]
    if None in parts:
        return None
    if cast.source.name == "array":
        return f"list_transform({cast.sql}, lambda part: {parts[0]})"
    keys, values = (
        f"list_transform({function}({cast.sql}), lambda part: {part})"
        for function, part in zip(("map_keys", "map_values"), parts, strict=True)
    )
    return f"CASE WHEN {cast.sql} IS NOT NULL THEN map({keys}, {values}) END"


def _row(cast: _Cast) -> str | None:
    if len(cast.source.arguments) != len(cast.target.arguments):
        return None
    pairs = zip(cast.source.arguments, cast.target.arguments, strict=True)
    parts = [
        cast.part(f"struct_extract_at({cast.sql}, {place})", given, wanted)
        for place, ((_, given), (_, wanted)) in enumerate(pairs, 1)
    ]
    if None in parts:
        return None
    return f"CASE WHEN {cast.sql} IS NOT NULL THEN {row_sql(cast.target, parts)} END"


_INTEGERS = set(INTEGER_DIGITS)
_NUMBERS = _INTEGERS | {"decimal", "real", "double"}
_TEXT = {"varchar", "char"}
_MOMENTS = {"date", "time", "timestamp", TIMESTAMP_TZ}
_INTERVALS = {"interval day to second", "interval year to month"}
_CASTS: list[tuple[set[str], set[str], Callable[[_Cast], str]]] = [
    (_NUMBERS, _INTEGERS, _to_integer),
    (_NUMBERS | {"boolean"}, _NUMBERS, _plain),
    (_NUMBERS, {"boolean"}, lambda cast: f"({cast.sql} <> 0)"),
    (_TEXT, {"varbinary"}, lambda cast: f"encode({cast.sql})"),
    (_TEXT, {"json"}, lambda cast: f"to_json({cast.sql})"),
    (_TEXT, set(_TEXTS), _from_text),
    (_TEXT | _NUMBERS | _MOMENTS | _INTERVALS | {"boolean", "uuid"}, _TEXT, _to_text),
    ({TIMESTAMP_TZ}, {"date", "time", "timestamp"}, _zoned_to_local),
    ({TIMESTAMP_TZ}, {TIMESTAMP_TZ}, _moment),
    ({"date", "timestamp"}, {"timestamp", TIMESTAMP_TZ}, _moment),
    ({"timestamp"}, {"date"}, _plain),
    ({"timestamp", "time"}, {"time"}, _moment),
    ({"json"}, _NUMBERS | {"varchar", "boolean", "array", "map", "row", "date", "timestamp"}, _from_json),
    (_NUMBERS | {"boolean", "date", "timestamp", "array", "map", "row"}, {"json"}, lambda cast: f"to_json({cast.sql})"),
]
