"""Reads the entries of PutMetricData, and refuses what AWS refuses.

Limits: CloudWatch API reference, PutMetricData and MetricDatum.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_aws.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingRequiredParameter,
    ValidationError,
)
from local_aws.cloudwatch.queries import dimensions_of
from local_aws.cloudwatch.store import MINUTE, SECONDS_PER_DAY, Point, Series

NAMESPACE = re.compile(r"[^:][\x20-\x7e]{0,254}")
RESERVED = "AWS/"
MAX_ENTRIES = 1000
MAX_VALUES = 150
LARGEST = 2.0**360
OLDEST_SECONDS = 14 * SECONDS_PER_DAY
MOST_SECONDS_AHEAD = 2 * 3600
STATISTIC_SET = ("SampleCount", "Sum", "Minimum", "Maximum")
_AMOUNTS = [f"{size}{what}" for size in ("Kilo", "Mega", "Giga", "Tera") for what in ("bytes", "bits")]
_RATES = ("Bytes", "Bits", *_AMOUNTS)
UNITS = frozenset(
    {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None", *_RATES}
    | {f"{unit}/Second" for unit in _RATES}
)


def check_namespace(namespace: str) -> None:
    if not NAMESPACE.fullmatch(namespace or "") or namespace.startswith(RESERVED):
        raise InvalidParameterValue(f"The value {namespace} for parameter Namespace is invalid.")


def read_entries(
    account_id: str, region_name: str, namespace: str, entries: Sequence[Mapping[str, Any]]
) -> list[tuple[Series, Point]]:
    """All data points of a request, or an error: nothing is taken of a request that has one."""
    if len(entries) > MAX_ENTRIES:
        raise ValidationError(f"The collection MetricData must not have a size greater than {MAX_ENTRIES}.")
    points = []
    for number, entry in enumerate(entries, start=1):
        place = f"MetricData.member.{number}"
        if not entry.get("MetricName"):
            raise MissingRequiredParameter(f"The parameter {place}.MetricName is required.")
        dimensions = dimensions_of(entry.get("Dimensions"))
        series = Series(account_id, region_name, namespace, entry["MetricName"], dimensions)
        points += [(series, point) for point in _points(place, entry)]
    return points


def _points(place: str, entry: Mapping[str, Any]) -> Iterator[Point]:
    unit, resolution = entry.get("Unit") or "None", int(entry.get("StorageResolution") or MINUTE)
    if unit not in UNITS:
        raise InvalidParameterValue(
            f"The parameter {place}.Unit must be a value in the set [ {', '.join(sorted(UNITS))} ]."
        )
    if resolution not in (1, MINUTE):
        raise InvalidParameterValue(f"The parameter {place}.StorageResolution must be 1 or {MINUTE}.")
    at = _moment(place, entry.get("Timestamp"))
    given = [name for name in ("Value", "Values", "StatisticValues") if entry.get(name) is not None]
    if len(given) > 1:
        raise InvalidParameterCombination(
            f"The parameters {place}.{given[0]} and {place}.{given[1]} are mutually exclusive"
            " and you have specified both."
        )
    if not given:
        raise MissingRequiredParameter(f"One of {place}.Value, Values and StatisticValues is required.")
    if given[0] == "StatisticValues":
        count, total, least, most = _statistic_set(place, entry["StatisticValues"])
        yield Point(at, unit, least, most, total, count, resolution)
        return
    for value, count in _values(place, entry):
        yield Point(at, unit, value, value, value * count, count, resolution)


def _values(place: str, entry: Mapping[str, Any]) -> list[tuple[float, float]]:
    if entry.get("Value") is not None:
        return [(_checked(f"{place}.Value", entry["Value"]), 1.0)]
    values, counts = entry["Values"], entry.get("Counts") or [1.0] * len(entry["Values"])
    if len(values) > MAX_VALUES:
        raise ValidationError(f"The collection {place}.Values must not have a size greater than {MAX_VALUES}.")
    if len(values) != len(counts):
        raise InvalidParameterValue(f"The parameters {place}.Values and {place}.Counts must be of the same size.")
    return [
        (_checked(f"{place}.Values", value), _checked(f"{place}.Counts", count))
        for value, count in zip(values, counts, strict=True)
    ]


def _statistic_set(place: str, entry: Mapping[str, Any]) -> list[float]:
    for name in STATISTIC_SET:
        if entry.get(name) is None:
            raise MissingRequiredParameter(f"The parameter {place}.StatisticValues.{name} is required.")
    count, total, least, most = (_checked(f"{place}.StatisticValues.{name}", entry[name]) for name in STATISTIC_SET)
    if count < 0 or least > most:
        raise InvalidParameterValue(f"The values of {place}.StatisticValues contradict each other.")
    return [count, total, least, most]


def _checked(place: str, value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > LARGEST:
        raise InvalidParameterValue(f"The value {value} for parameter {place} is invalid.")
    return number


def _moment(place: str, given: Any) -> int:
    now = time.time()
    if given is None:
        return int(now)
    moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    at = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if at < now - OLDEST_SECONDS:
        raise InvalidParameterValue(
            f"The parameter {place}.Timestamp must specify a time no more than two weeks in the past."
        )
    if at > now + MOST_SECONDS_AHEAD:
        raise InvalidParameterValue(
            f"The parameter {place}.Timestamp must specify a time no more than two hours in the future."
        )
    return int(at)
