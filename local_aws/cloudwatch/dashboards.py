"""What CloudWatch demands of a dashboard's body, and what it remarks.

Source: CloudWatch API reference, PutDashboard and Dashboard body structure and syntax.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudwatch.exceptions import DashboardInvalidInputError, InvalidParameterValue

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
MAX_WIDGETS = 500
MAX_METRICS = 500
GRID_WIDTH = 24
MAX_HEIGHT = 1000
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
# What each type of widget needs in its properties.
REQUIRED = {
    "metric": ("region",),
    "text": ("markdown",),
    "log": ("query", "region"),
    "alarm": ("alarms",),
    "explorer": ("metrics",),
    "custom": ("endpoint",),
}

Message = dict[str, str]


def check_body(name: str, body: str) -> list[Message]:
    """The remarks on a valid body. Raises DashboardInvalidInputError with all errors of another one."""
    if not NAME.fullmatch(name):
        raise InvalidParameterValue(f"The value {name} for parameter DashboardName is invalid.")
    try:
        dashboard = json.loads(body)
    except ValueError as error:
        raise _invalid([_message("/", f"The field DashboardBody must be a valid JSON object: {error}")]) from error
    if not isinstance(dashboard, dict):
        raise _invalid([_message("/", "The field DashboardBody must be a valid JSON object")])
    errors = list(_errors(dashboard))
    if errors:
        raise _invalid(errors)
    unknown = sorted(dashboard.keys() - {"widgets", "start", "end", "periodOverride", "variables"})
    return [_message(f"/{name}", "Should NOT have additional properties") for name in unknown]


def _errors(dashboard: Mapping[str, Any]) -> Iterator[Message]:
    widgets = dashboard.get("widgets")
    if not isinstance(widgets, list):
        yield _message("/", "Should have required property 'widgets'")
        return
    if len(widgets) > MAX_WIDGETS:
        yield _message("/widgets", f"Should NOT have more than {MAX_WIDGETS} items")
    for index, widget in enumerate(widgets):
        yield from _widget_errors(f"/widgets/{index}", widget)


def _widget_errors(path: str, widget: Any) -> Iterator[Message]:
    if not isinstance(widget, dict) or widget.get("type") not in REQUIRED:
        yield _message(f"{path}/type", f"Should be one of {', '.join(REQUIRED)}")
        return
    yield from _place_errors(path, widget)
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        yield _message(path, "Should have required property 'properties'")
        return
    for required in REQUIRED[widget["type"]]:
        if required not in properties:
            yield _message(f"{path}/properties", f"Should have required property '{required}'")
    if widget["type"] == "metric":
        yield from _metric_errors(f"{path}/properties", properties)


def _place_errors(path: str, widget: Mapping[str, Any]) -> Iterator[Message]:
    bounds = {"x": (0, GRID_WIDTH - 1), "y": (0, None), "width": (1, GRID_WIDTH), "height": (1, MAX_HEIGHT)}
    for name, (least, most) in bounds.items():
        value = widget.get(name, least)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or value < least or (most is not None and value > most):
            yield _message(f"{path}/{name}", f"Should be a whole number from {least} to {most or 'any'}")
    if ("x" in widget) != ("y" in widget):
        yield _message(path, "Should have both x and y, or neither")


def _metric_errors(path: str, properties: Mapping[str, Any]) -> Iterator[Message]:
    metrics, annotations = properties.get("metrics"), properties.get("annotations", {})
    if metrics is None and not annotations.get("alarms"):
        yield _message(path, "Should have required property 'metrics'")
        return
    if properties.get("view", VIEWS[0]) not in VIEWS:
        yield _message(f"{path}/view", f"Should be one of {', '.join(VIEWS)}")
    if len(metrics or []) > MAX_METRICS:
        yield _message(f"{path}/metrics", f"Should NOT have more than {MAX_METRICS} items")
    for index, metric in enumerate(metrics or []):
        if not _is_metric(metric):
            yield _message(f"{path}/metrics/{index}", "Should be an expression, or a namespace, a name and dimensions")


def _is_metric(metric: Any) -> bool:
    """`[{"expression": …}]`, or `[namespace, name, dimension, value, …, {options}]`."""
    if not isinstance(metric, list) or not metric:
        return False
    *names, last = metric
    if isinstance(last, dict):
        if not names:
            return isinstance(last.get("expression"), str)
    else:
        names.append(last)
    return len(names) >= 2 and len(names) % 2 == 0 and all(isinstance(name, str) for name in names)


def _message(path: str, text: str) -> Message:
    return {"DataPath": path, "Message": text}


def _invalid(messages: list[Message]) -> DashboardInvalidInputError:
    told = "; ".join(f"{message['DataPath']}: {message['Message']}" for message in messages)
    return DashboardInvalidInputError(
        f"The dashboard body is invalid, there are {len(messages)} validation errors: {told}", messages
    )
