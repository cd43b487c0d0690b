"""Asynchronous invocations: events are kept on disk before they are accepted, and invoked in the background."""

from local_aws.awslambda.asynchronous.dispatcher import MOST_EVENT_BYTES, accept, start
from local_aws.awslambda.invocation import backend_of, check_permission

__all__ = ["MOST_EVENT_BYTES", "accept", "invoke", "start"]


def invoke(function_arn: str, payload: bytes, *, invoker: str, source_arn: str) -> str:
    """Keep an event of a service for its function, as `invocation.invoke` takes it; its request id.

    Raises ResourceNotFoundException, and AccessDeniedException where the function's policy does not let the service.
    """
    check_permission(backend_of(function_arn), function_arn, invoker, source_arn)
    return accept(function_arn, payload)
