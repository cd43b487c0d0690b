"""A bucket's notifications as CloudFormation writes them, in the shape of the S3 API."""

from typing import Any

from local_aws.s3.exceptions import NotSupportedError

QUEUE_CONFIGURATIONS = "QueueConfigurations"


def api_notification_configuration(configuration: dict[str, Any]) -> dict[str, Any]:
    """Queues are told of events; raises NotSupportedError for other receivers."""
    unsupported = sorted(set(configuration) - {QUEUE_CONFIGURATIONS})
    if unsupported:
        raise NotSupportedError(f"{', '.join(unsupported)} of a bucket's notifications")
    queues = configuration.get(QUEUE_CONFIGURATIONS, [])
    return {"QueueConfiguration": [_queue(queue) for queue in queues]} if queues else {}


def _queue(queue: dict[str, Any]) -> dict[str, Any]:
    converted: dict[str, Any] = {"Queue": queue["Queue"], "Event": [queue["Event"]]}
    if "Filter" in queue:
        converted["Filter"] = {"S3Key": {"FilterRule": queue["Filter"]["S3Key"]["Rules"]}}
    return converted
