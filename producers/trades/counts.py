"""What became of the trades, counted: for the logs, and as metrics of CloudWatch."""

from collections import Counter
from typing import Any

NAMESPACE = "Lakehouse/Trades"
_TOTALS = ("Messages", "Received", "Refused", "RefusedMessages", "Dropped", "Put", "Retried", "Connections")
_REASON = "Refused reason "
# Of PutMetricData, a request: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
_MOST_METRICS = 1000


class Counts:
    """Trades that were received are put, refused, dropped, or still in the buffer; refused messages had no trades.

    `Retried` are the trades of records that were not put at first.
    """

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._published: Counter[str] = Counter()

    def add(self, name: str, number: int = 1) -> None:
        self._totals[name] += number

    def refuse(self, reason: str, *, is_message: bool) -> None:
        self.add("RefusedMessages" if is_message else "Refused")
        self.add(_REASON + reason)

    def __getitem__(self, name: str) -> int:
        return self._totals[name]

    def summary(self) -> dict[str, Any]:
        """The totals since the start, for a line of the log."""
        reasons = {name.removeprefix(_REASON): number for name, number in self._totals.items() if _REASON in name}
        return {name.lower(): self._totals[name] for name in _TOTALS} | {"refused_by_reason": reasons}

    async def publish(self, cloudwatch: Any, buffered: int, seconds_behind: float) -> None:
        """Put what was counted since the last time that this succeeded; an error leaves it for the next time."""
        totals = self._totals.copy()
        news = {name: totals[name] - self._published[name] for name in (*_TOTALS, *totals)}
        metrics = [_metric(name, number) for name, number in news.items() if number or not name.startswith(_REASON)]
        metrics += [_metric("Buffered", buffered), _metric("SecondsBehind", seconds_behind, "Seconds")]
        await cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=metrics[:_MOST_METRICS])
        self._published = totals


def _metric(name: str, value: float, unit: str = "Count") -> dict[str, Any]:
    if name.startswith(_REASON):
        dimensions = [{"Name": "Reason", "Value": name.removeprefix(_REASON)}]
        return {"MetricName": "Refused", "Dimensions": dimensions, "Value": value, "Unit": unit}
    return {"MetricName": name, "Value": value, "Unit": unit}
