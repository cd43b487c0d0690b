"""A batch's counts as a log line of CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time

NAMESPACE = "Lakehouse/Trades"


def write_metrics(function_name: str, counts: dict[str, int]) -> None:
    """One line to standard output, which Lambda brings to the function's log group as it is."""
    metrics = [{"Name": name, "Unit": "Count"} for name in counts]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": metrics}
    metadata = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
    sys.stdout.write(json.dumps({"_aws": metadata, "FunctionName": function_name} | counts) + "\n")
