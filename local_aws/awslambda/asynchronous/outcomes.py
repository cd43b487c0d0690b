"""Who is told of an asynchronous invocation, in the form of the developer guide ("Capturing records of Lambda
asynchronous invocations")."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from local_aws.awslambda.asynchronous.queue import QueuedEvent
from local_aws.awslambda.functions import LATEST, EventInvokeConfig, Version
from local_aws.awslambda.invocation import Invocation
from local_aws.awslambda.messages import send
from local_aws.awslambda.metrics import record
from local_aws.awslambda.names import parse_function_name
from local_aws.awslambda.roles import authorize_sending

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 1024


def tell_of_success(event: QueuedEvent, config: EventInvokeConfig, invocation: Invocation) -> None:
    if config.on_success:
        _send(config.on_success, _invocation_record(event, "Success", invocation), event)


def tell_of_failure(
    event: QueuedEvent, version: Version, config: EventInvokeConfig, condition: str, invocation: Invocation | None
) -> None:
    """The destination gets the record of the invocation, the dead letter queue the event itself."""
    if config.on_failure and not _send(config.on_failure, _invocation_record(event, condition, invocation), event):
        record(version, "DestinationDeliveryFailures", 1)
    if version.dead_letter_arn:
        answer = json.loads(invocation.payload) if invocation else {}
        attributes = {
            "RequestID": event.request_id,
            "ErrorCode": "200" if invocation else "429",
            "ErrorMessage": str(answer.get("errorMessage") or condition)[:LONGEST_MESSAGE],
        }
        if not _send(version.dead_letter_arn, event.payload.decode(), event, attributes):
            record(version, "DeadLetterErrors", 1)


def _send(
    arn: str, document: dict[str, Any] | str, event: QueuedEvent, attributes: dict[str, str] | None = None
) -> bool:
    """Whether it was sent: as on AWS, an event whose receiver cannot be reached is lost, and counted."""
    try:
        authorize_sending(event.function_arn, arn)
        send(arn, document, attributes)
    except Exception as error:
        log.warning("%s was not told of the event %s: %s", arn, event.request_id, error)
        return False
    return True


def _invocation_record(event: QueuedEvent, condition: str, invocation: Invocation | None) -> dict[str, Any]:
    qualified = parse_function_name(event.function_arn).qualifier
    document: dict[str, Any] = {
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": event.function_arn if qualified else f"{event.function_arn}:{LATEST}",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload or b"{}"),
    }
    if invocation:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": invocation.executed_version}
        if invocation.function_error:
            context["functionError"] = invocation.function_error
        document |= {"responseContext": context, "responsePayload": json.loads(invocation.payload)}
    return document
