"""The CloudWatch Logs API: moto's, over the local backend."""

import json

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
