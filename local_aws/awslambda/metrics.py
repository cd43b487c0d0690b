"""The metrics of the namespace AWS/Lambda (developer guide, "Types of metrics for Lambda functions")."""

from local_aws.awslambda.functions import Version
from local_aws.cloudwatch.metrics import put_metric

NAMESPACE = "AWS/Lambda"


def record(version: Version, metric: str, value: float, unit: str = "Count") -> None:
    put_metric(NAMESPACE, metric, value, unit, {"FunctionName": version.function_name}, region_name=version.region_name)


def record_execution(version: Version, duration_ms: float, *, failed: bool) -> None:
    record(version, "Invocations", 1)
    record(version, "Errors", 1 if failed else 0)
    record(version, "Throttles", 0)
    record(version, "Duration", duration_ms, "Milliseconds")


def record_throttle(version: Version) -> None:
    record(version, "Throttles", 1)


def record_concurrency(version: Version, running: int) -> None:
    record(version, "ConcurrentExecutions", running)
