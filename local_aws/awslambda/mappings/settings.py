"""What requests say of a mapping, and what Lambda refuses of it (developer guide, "Lambda parameters for … event source
mappings" of Kinesis, DynamoDB and SQS)."""

import json
from datetime import datetime
from typing import Any

from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import sqs_backends

from local_aws.awslambda.exceptions import InvalidParameterValueException
from local_aws.awslambda.mappings.model import ENDLESS, EventSourceMapping
from local_aws.record_streams import RecordStreamNotFoundError, open_record_stream

DEFAULT_BATCH_SIZES = {"kinesis": 100, "dynamodb": 100, "sqs": 10}
LARGEST_BATCH_WITHOUT_WINDOW = 10
LEAST_AGE_SECONDS = 60
STREAM_PARAMETERS = frozenset(
    {"BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor"}
    | {"StartingPosition", "StartingPositionTimestamp", "DestinationConfig"}
)
QUEUE_PARAMETERS = frozenset({"ScalingConfig"})
PLAIN_FIELDS = {
    "BatchSize": "batch_size",
    "BisectBatchOnFunctionError": "bisects",
    "Enabled": "is_enabled",
    "MaximumBatchingWindowInSeconds": "window_seconds",
    "MaximumRecordAgeInSeconds": "most_age_seconds",
    "MaximumRetryAttempts": "most_retries",
    "ParallelizationFactor": "parallelization",
}
UPDATE = frozenset(
    {*PLAIN_FIELDS, "DestinationConfig", "FilterCriteria", "FunctionName", "FunctionResponseTypes", "ScalingConfig"}
    | {"UUID"}
)
CREATION = (UPDATE - {"UUID"}) | {"EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "Tags"}


def set_up(mapping: EventSourceMapping, request: dict[str, Any], function_timeout: int) -> None:
    """Bring the request's settings into the mapping. Raises InvalidParameterValueException."""
    _check_parameters(mapping, request)
    for parameter, field in PLAIN_FIELDS.items():
        if request.get(parameter) is not None:
            setattr(mapping, field, request[parameter])
    if request.get("FunctionResponseTypes") is not None:
        mapping.reports_item_failures = "ReportBatchItemFailures" in request["FunctionResponseTypes"]
    if request.get("FilterCriteria") is not None:
        filters = request["FilterCriteria"].get("Filters") or []
        mapping.patterns = [_checked_pattern(one.get("Pattern") or "") for one in filters]
    if request.get("ScalingConfig") is not None:
        mapping.most_concurrency = request["ScalingConfig"].get("MaximumConcurrency")
    if request.get("DestinationConfig") is not None:
        mapping.on_failure = _on_failure(request["DestinationConfig"])
    _check_age(mapping)
    if not mapping.is_of_a_stream:
        _check_queue(mapping, function_timeout)


def set_source(mapping: EventSourceMapping, request: dict[str, Any]) -> None:
    """Where the mapping of a stream begins; raises InvalidParameterValueException, also where there is no stream."""
    if not mapping.is_of_a_stream:
        return
    position, moment = request.get("StartingPosition"), request.get("StartingPositionTimestamp")
    if not position:
        raise InvalidParameterValueException(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must"
            " not be null."
        )
    if position == "AT_TIMESTAMP" and (mapping.service == "dynamodb" or moment is None):
        raise InvalidParameterValueException(
            f"Unsupported starting position for arn type: {mapping.source_arn}"
            if moment is not None
            else "StartingPositionTimestamp is required for the starting position AT_TIMESTAMP."
        )
    if position != "AT_TIMESTAMP" and moment is not None:
        raise InvalidParameterValueException("Timestamp is not allowed for starting position other than AT_TIMESTAMP.")
    mapping.starting_position = position
    mapping.starting_timestamp = moment.timestamp() if isinstance(moment, datetime) else moment
    try:
        open_record_stream(mapping.source_arn).shards()
    except RecordStreamNotFoundError as error:
        raise InvalidParameterValueException(f"Stream not found: {mapping.source_arn}") from error


def _check_parameters(mapping: EventSourceMapping, request: dict[str, Any]) -> None:
    foreign = QUEUE_PARAMETERS if mapping.is_of_a_stream else STREAM_PARAMETERS
    given = sorted(name for name in foreign if request.get(name) not in (None, {}, []))
    if given:
        raise InvalidParameterValueException(
            f"Unsupported parameter for this type of event source: {given[0]} for {mapping.source_arn}"
        )


def _check_age(mapping: EventSourceMapping) -> None:
    if mapping.most_age_seconds != ENDLESS and mapping.most_age_seconds < LEAST_AGE_SECONDS:
        raise InvalidParameterValueException(
            f"MaximumRecordAgeInSeconds is -1 or at least {LEAST_AGE_SECONDS}, not {mapping.most_age_seconds}."
        )


def _check_queue(mapping: EventSourceMapping, function_timeout: int) -> None:
    account, name = mapping.source_arn.split(":")[4:6]
    try:
        queue = sqs_backends[account][mapping.region_name].get_queue(name)
    except QueueDoesNotExist as error:
        raise InvalidParameterValueException(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error"
            " Message: The specified queue does not exist for this wsdl version."
        ) from error
    if int(queue.visibility_timeout) < function_timeout:
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function timeout:"
            f" {function_timeout} seconds"
        )
    if queue.fifo_queue and (mapping.window_seconds or mapping.batch_size > LARGEST_BATCH_WITHOUT_WINDOW):
        raise InvalidParameterValueException(
            f"A FIFO queue takes no batching window, and batches of {LARGEST_BATCH_WITHOUT_WINDOW} messages at most."
        )
    if mapping.batch_size > LARGEST_BATCH_WITHOUT_WINDOW and not mapping.window_seconds:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than"
            f" {LARGEST_BATCH_WITHOUT_WINDOW}"
        )


def _checked_pattern(pattern: str) -> str:
    try:
        if isinstance(json.loads(pattern), dict):
            return pattern
    except ValueError:
        pass
    raise InvalidParameterValueException("Invalid filter pattern definition.")


def _on_failure(destinations: dict[str, Any]) -> str:
    if destinations.get("OnSuccess"):
        raise InvalidParameterValueException("A mapping has no destination on success.")
    arn = (destinations.get("OnFailure") or {}).get("Destination") or ""
    service = arn.split(":")[2:3]
    if service in (["s3"], ["kafka"]):
        raise NotImplementedError(f"A mapping's destination of the service {service[0]}: give a queue or a topic")
    if arn and service not in (["sqs"], ["sns"]):
        raise InvalidParameterValueException(f"The provided destination config DestinationConfig is invalid: {arn}")
    return arn
