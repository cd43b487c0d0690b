"""The lakehouse's own metrics in CloudWatch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from lakehouse_aws.sessions import SharedSessionHook

METRIC_NAMESPACE = "Lakehouse"
# PutMetricData takes no more values of one metric, and no more metrics, in a request.
MOST_VALUES = 150
MOST_METRICS = 1000


class MetricsHook(SharedSessionHook):
    """Sends metrics to the namespace that the dashboard and the alarms read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"client_type": "cloudwatch"})

    def send(self, metrics: Sequence[dict[str, Any]]) -> None:
        """Send entries of PutMetricData, as `metric` and `values_metric` make them."""
        for begin in range(0, len(metrics), MOST_METRICS):
            page = list(metrics[begin : begin + MOST_METRICS])
            self.conn.put_metric_data(Namespace=METRIC_NAMESPACE, MetricData=page)


def metric(
    name: str, value: float, unit: str = "Count", *, at: datetime | None = None, **dimensions: str
) -> dict[str, Any]:
    """An entry of PutMetricData; a dimension is given by its name, as in `Dataset="sales"`."""
    return _entry(name, unit, at, dimensions) | {"Value": value}


def values_metric(name: str, values: Sequence[float], unit: str, **dimensions: str) -> list[dict[str, Any]]:
    """Entries with all values of this moment, of which CloudWatch can tell percentiles."""
    return [
        _entry(name, unit, None, dimensions) | {"Values": list(values[begin : begin + MOST_VALUES])}
        for begin in range(0, len(values), MOST_VALUES)
    ]


def _entry(name: str, unit: str, at: datetime | None, dimensions: dict[str, str]) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Timestamp": at or datetime.now(UTC),
        "Unit": unit,
    }
