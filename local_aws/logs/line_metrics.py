"""Metrics of lines: of metric filters, and of lines in the embedded metric format.

Sources: CloudWatch Logs user guide, Creating metrics from log events using filters; CloudWatch user guide,
Specification: Embedded metric format.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from local_aws.cloudwatch.datapoints import UNITS
from local_aws.cloudwatch.metrics import put_metric
from local_aws.logs import filter_patterns
from local_aws.logs.filter_patterns import MISSING, read_json, select

EMBEDDED = '"CloudWatchMetrics"'
MAX_EMBEDDED_METRICS = 100


def put_filtered(filters: Iterable[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], **place: str) -> None:
    """Count the events that the filters match; `place` is account_id and region_name."""
    for metric_filter in filters:
        matches = filter_patterns.parse(metric_filter["filterPattern"])
        matching = [event for event in events if matches(event["message"])]
        for transformation in metric_filter["metricTransformations"]:
            for event in matching:
                _put_match(transformation, event, place)
            if not matching and transformation.get("defaultValue") is not None and events:
                _put(transformation, float(transformation["defaultValue"]), {}, events[-1], place)


def _put_match(transformation: Mapping[str, Any], event: Mapping[str, Any], place: Mapping[str, str]) -> None:
    document = read_json(event["message"]) or {}
    given = str(transformation["metricValue"])
    value = select(document, given) if given.startswith("$") else given
    try:
        number = float(value)
    except (TypeError, ValueError):
        return
    dimensions = {
        name: str(found)
        for name, selector in (transformation.get("dimensions") or {}).items()
        if (found := select(document, selector)) is not MISSING
    }
    _put(transformation, number, dimensions, event, place)


def _put(
    transformation: Mapping[str, Any],
    value: float,
    dimensions: Mapping[str, str],
    event: Mapping[str, Any],
    place: Mapping[str, str],
) -> None:
    put_metric(
        transformation["metricNamespace"],
        transformation["metricName"],
        value,
        transformation.get("unit") or "None",
        dimensions,
        at=event["timestamp"] / 1000,
        **place,
    )


def put_embedded(events: Iterable[Mapping[str, Any]], **place: str) -> None:
    """Put the metrics of lines that say in `_aws` which of their members are metrics; other lines are only lines."""
    for event in events:
        if EMBEDDED not in event["message"]:
            continue
        document = read_json(event["message"]) or {}
        directives = (document.get("_aws") or {}).get("CloudWatchMetrics")
        for directive in directives if isinstance(directives, list) else []:
            at = document["_aws"].get("Timestamp", event["timestamp"]) / 1000
            _put_directive(document, directive, at, place)


def _put_directive(
    document: Mapping[str, Any], directive: Mapping[str, Any], at: float, place: Mapping[str, str]
) -> None:
    for names in directive.get("Dimensions") or [[]]:
        if any(name not in document for name in names):
            continue
        dimensions = {name: str(document[name]) for name in names}
        for metric in directive.get("Metrics", [])[:MAX_EMBEDDED_METRICS]:
            values = document.get(metric["Name"])
            unit = metric.get("Unit", "None")
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, int | float) and not isinstance(value, bool) and unit in UNITS:
                    put_metric(directive["Namespace"], metric["Name"], value, unit, dimensions, at=at, **place)
