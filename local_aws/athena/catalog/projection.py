"""Partition projection: partitions computed from the table's properties instead of looked up in the catalog."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlglot import exp

from local_aws.athena.catalog.tables import Column, Table, partition_location
from local_aws.athena.sql.errors import QueryError

MAX_VALUES = 1_000_000
_JAVA_TOKENS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "yy": "%y"}
_FINEST_UNITS = (
    ("ss", "SECONDS"),
    ("mm", "MINUTES"),
    ("HH", "HOURS"),
    ("dd", "DAYS"),
    ("MM", "MONTHS"),
    ("yy", "YEARS"),
)
_NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?$")


@dataclass(frozen=True)
class ProjectedValue:
    """A partition value as its path spells it and as a literal of the column's type."""

    text: str
    literal: str


def projected_values(table: Table, key: Column, conditions: list[exp.Expression]) -> list[ProjectedValue]:
    """Values of one projected partition column; `conditions` are those of the query on this table."""
    kind = _property(table, key, "type").lower()
    if kind == "injected":
        return _injected(key, conditions)
    generators = {"enum": _enum, "integer": _integer, "date": _date}
    if kind not in generators:
        raise _invalid(table, key, "type", kind)
    values = list(islice(generators[kind](table, key, static_values(key, conditions)), MAX_VALUES + 1))
    if len(values) > MAX_VALUES:
        raise QueryError(
            f"HIVE_EXCEEDED_PARTITION_LIMIT: the projection of column '{key.name}' has more than {MAX_VALUES} values; "
            "add an equality condition on it"
        )
    return values


def projected_location(table: Table, values: tuple[str, ...]) -> str:
    """Where the files of a projected partition lie."""
    template = table.parameters.get("storage.location.template")
    if not template:
        return partition_location(table, values)
    for key, value in zip(table.partition_keys, values, strict=True):
        template = template.replace(f"${{{key.name}}}", value)
    return template


def static_values(key: Column, conditions: list[exp.Expression]) -> set[str] | None:
    """Values that `column = literal` and `column IN (literals)` allow, None without such a condition."""
    allowed: set[str] | None = None
    for condition in conditions:
        values = _equal_literals(key.name, condition.unnest())
        if values is not None:
            allowed = values if allowed is None else allowed & values
    return allowed


def _equal_literals(name: str, condition: exp.Expression) -> set[str] | None:
    operands: list[exp.Expression] = []
    if isinstance(condition, exp.EQ):
        sides = [condition.left, condition.right]
        operands = [side for side in sides if not isinstance(side, exp.Column)]
        column = next((side for side in sides if isinstance(side, exp.Column)), None)
    elif isinstance(condition, exp.In):
        operands, column = condition.expressions, condition.this
    else:
        return None
    operands = [operand.this if isinstance(operand, exp.Cast) else operand for operand in operands]
    is_static = operands and all(isinstance(operand, exp.Literal) for operand in operands)
    if not is_static or not isinstance(column, exp.Column) or column.name.lower() != name:
        return None
    return {operand.name for operand in operands}


def _injected(key: Column, conditions: list[exp.Expression]) -> list[ProjectedValue]:
    values = static_values(key, conditions)
    if values is None:
        raise QueryError(
            f"CONSTRAINT_VIOLATION: For the injected projected partition column {key.name}, the WHERE clause must "
            "contain only static equality conditions, and at least one such condition must be present."
        )
    return [ProjectedValue(value, value) for value in sorted(values)]


def _enum(table: Table, key: Column, _: set[str] | None) -> Iterator[ProjectedValue]:
    for value in _property(table, key, "values").split(","):
        yield ProjectedValue(value.strip(), value.strip())


def _integer(table: Table, key: Column, static: set[str] | None) -> Iterator[ProjectedValue]:
    try:
        first, last = (int(bound) for bound in _property(table, key, "range").split(","))
        step = int(_optional(table, key, "interval") or 1)
        digits = int(_optional(table, key, "digits") or 0)
    except ValueError as error:
        raise _invalid(table, key, "range", _property(table, key, "range")) from error
    wanted = range(first, last + 1, step)
    if static is not None and all(re.fullmatch(r"-?\d+", value) for value in static):
        values: list[int] | range = sorted(value for value in map(int, static) if value in wanted)
    else:
        values = wanted
    for value in values:
        yield ProjectedValue(str(value).zfill(digits), str(value))


def _date(table: Table, key: Column, _: set[str] | None) -> Iterator[ProjectedValue]:
    java_format = _property(table, key, "format")
    pattern = strftime_pattern(java_format)
    bounds = [bound.strip() for bound in _property(table, key, "range").split(",")]
    if len(bounds) != 2:
        raise _invalid(table, key, "range", ",".join(bounds))
    unit = (_optional(table, key, "interval.unit") or _finest_unit(java_format)).upper()
    unit = unit if unit.endswith("S") else f"{unit}S"
    step = int(_optional(table, key, "interval") or 1)
    current, last = (_bound(table, key, bound, pattern) for bound in bounds)
    iso_format = "%Y-%m-%d" if key.hive_type == "date" else "%Y-%m-%d %H:%M:%S"
    while current <= last:
        text = current.strftime(pattern)
        yield ProjectedValue(text, current.strftime(iso_format) if key.hive_type in {"date", "timestamp"} else text)
        current = shifted(current, step, unit)


def _bound(table: Table, key: Column, bound: str, pattern: str) -> datetime:
    if match := _NOW.match(bound.upper()):
        now = datetime.strptime(datetime.now(UTC).strftime(pattern), pattern).replace(tzinfo=UTC)
        sign, amount, unit = match.groups()
        return shifted(now, int(f"{sign}{amount}"), f"{unit}S") if sign else now
    try:
        return datetime.strptime(bound, pattern).replace(tzinfo=UTC)
    except ValueError as error:
        raise _invalid(table, key, "range", bound) from error


def shifted(moment: datetime, amount: int, unit: str) -> datetime:
    """`moment` moved by calendar units: YEARS and MONTHS keep the day where the month has it."""
    months = {"YEARS": 12, "MONTHS": 1}.get(unit)
    if months is None:
        return moment + timedelta(**{unit.lower(): amount})
    month = moment.year * 12 + moment.month - 1 + amount * months
    first = moment.replace(year=month // 12, month=month % 12 + 1, day=1)
    next_first = (first + timedelta(days=32)).replace(day=1)
    return first.replace(day=min(moment.day, (next_first - timedelta(days=1)).day))


def strftime_pattern(java_format: str) -> str:
    """Python's spelling of a Java date format: `yyyy-MM-dd` is `%Y-%m-%d`."""
    parts = re.findall(r"'[^']*'|yyyy|yy|MM|dd|HH|mm|ss|.", java_format)
    return "".join(_JAVA_TOKENS.get(part, part.strip("'")) for part in parts)


def _finest_unit(java_format: str) -> str:
    return next((unit for token, unit in _FINEST_UNITS if token in java_format), "DAYS")


def _optional(table: Table, key: Column, name: str) -> str | None:
    return table.parameters.get(f"projection.{key.name}.{name}")


def _property(table: Table, key: Column, name: str) -> str:
    value = _optional(table, key, name)
    if value is None:
        raise QueryError(
            f"INVALID_TABLE_PROPERTY: Table {table.database}.{table.name} is configured for partition projection, but "
            f"the property 'projection.{key.name}.{name}' is missing"
        )
    return value


def _invalid(table: Table, key: Column, name: str, value: str) -> QueryError:
    return QueryError(
        f"INVALID_TABLE_PROPERTY: Table {table.database}.{table.name} has the invalid value '{value}' for the property "
        f"'projection.{key.name}.{name}'"
    )
