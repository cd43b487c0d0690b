"""The lakehouse's own metrics in CloudWatch."""

from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

METRIC_NAMESPACE = "Lakehouse"


class MetricsHook(AwsBaseHook):
    """Sends metrics to the namespace that the dashboard and the alarms read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"client_type": "cloudwatch"})

    def send(self, metrics: Sequence[dict[str, Any]]) -> None:
        """Send entries of PutMetricData."""
        self.conn.put_metric_data(Namespace=METRIC_NAMESPACE, MetricData=list(metrics))
