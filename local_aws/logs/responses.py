"""The CloudWatch Logs API: moto's, over the local backend. What would carry lines elsewhere is refused."""

import json
from typing import NoReturn

from moto.logs.responses import LogsResponse

from local_aws.logs import filter_patterns


class LocalLogsResponse(LogsResponse):
    def put_metric_filter(self) -> str:
        for name in ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions"):
            if self._get_param(name):
                raise NotImplementedError(f"The parameter {name} of PutMetricFilter")
        return super().put_metric_filter()

    def test_metric_filter(self) -> str:
        """Which of the lines a pattern matches."""
        matches = filter_patterns.parse(self._get_param("filterPattern"))
        found = [
            {"eventNumber": number, "eventMessage": message, "extractedValues": {}}
            for number, message in enumerate(self._get_param("logEventMessages"), start=1)
            if matches(message)
        ]
        return json.dumps({"matches": found})

    def put_subscription_filter(self) -> NoReturn:
        raise NotImplementedError("Subscription filters (PutSubscriptionFilter): read the lines by FilterLogEvents")

    def put_destination(self) -> NoReturn:
        raise NotImplementedError("Destinations of subscriptions (PutDestination)")

    def create_export_task(self) -> NoReturn:
        raise NotImplementedError("Exports to S3 (CreateExportTask): read the lines by FilterLogEvents")

    def create_delivery(self) -> NoReturn:
        raise NotImplementedError("Deliveries of other services' logs (CreateDelivery)")

    def put_delivery_destination(self) -> NoReturn:
        raise NotImplementedError("Deliveries of other services' logs (PutDeliveryDestination)")

    def put_delivery_source(self) -> NoReturn:
        raise NotImplementedError("Deliveries of other services' logs (PutDeliverySource)")

    def start_live_tail(self) -> NoReturn:
        raise NotImplementedError("Live tails (StartLiveTail): read the lines by FilterLogEvents")

    def start_query(self) -> NoReturn:
        raise NotImplementedError("CloudWatch Logs Insights (StartQuery): read the log by FilterLogEvents")
