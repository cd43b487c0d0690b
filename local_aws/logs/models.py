"""The local backend of CloudWatch Logs: moto's, whose lines are counted."""

import time
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogsBackend, logs_backends

from local_aws.logs import filter_patterns, line_metrics

DAY_MILLISECONDS = 24 * 3600 * 1000


class LocalLogsBackend(LogsBackend):
    """CloudWatch Logs in one region of one account."""

    def put_log_events(
        self, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> tuple[str, dict[str, Any]]:
        answer = super().put_log_events(log_group_name, log_stream_name, log_events)
        place = {"account_id": self.account_id, "region_name": self.region_name}
        if filters := self.describe_metric_filters(log_group_name=log_group_name):
            line_metrics.put_filtered(filters, log_events, **place)
        line_metrics.put_embedded(log_events, **place)
        self._expire(log_group_name)
        return answer

    def _expire(self, log_group_name: str) -> None:
        """Let go of the events that are older than the group's retention: a day later at the earliest, many at once."""
        group = self.groups[log_group_name]
        if not group.retention_in_days:
            return
        oldest = time.time() * 1000 - int(group.retention_in_days) * DAY_MILLISECONDS
        for stream in list(group.streams.values()):
            if stream.events and stream.events[0].timestamp < oldest - DAY_MILLISECONDS:
                stream.events = [event for event in stream.events if event.timestamp >= oldest]

    def put_metric_filter(
        self,
        filter_name: str,
        filter_pattern: str,
        log_group_name: str,
        metric_transformations: list[dict[str, Any]],
    ) -> None:
        """A filter of the same name is replaced."""
        if log_group_name not in self.groups:
            raise ResourceNotFoundException("The specified log group does not exist.")
        filter_patterns.parse(filter_pattern)
        for transformation in metric_transformations:
            if transformation.get("dimensions") and transformation.get("defaultValue") is not None:
                raise InvalidParameterException(
                    constraint="A metric with dimensions has no default value",
                    parameter="metricTransformations",
                    value=transformation["metricName"],
                )
        self.delete_metric_filter(filter_name, log_group_name)
        super().put_metric_filter(filter_name, filter_pattern, log_group_name, metric_transformations)

    def delete_log_group(self, log_group_name: str) -> None:
        super().delete_log_group(log_group_name)
        for metric_filter in self.describe_metric_filters(log_group_name=log_group_name):
            self.delete_metric_filter(metric_filter["filterName"], log_group_name)


__all__ = ["LocalLogsBackend", "logs_backends"]
