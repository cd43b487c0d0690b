"""How the endpoint's other services invoke a function: synchronously, each from a thread of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.access import service_may
from local_aws.awslambda.exceptions import (
    AccessDeniedException,
    RequestTooLargeException,
    ResourceNotFoundException,
)
from local_aws.awslambda.execution import execute
from local_aws.awslambda.functions import LATEST
from local_aws.awslambda.names import parse_function_name

if TYPE_CHECKING:
    from local_aws.awslambda.models import LocalLambdaBackend

# Developer guide, "Lambda quotas": invocation payload, synchronous.
MOST_PAYLOAD_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True)
class Invocation:
    """What a function answered.

    `function_error` is None, or "Unhandled" where the payload is the error's JSON document; `status` is Invoke's
    (200); `log_tail` holds the end of the invocation's log, at most 4 KB.
    """

    payload: bytes
    function_error: str | None = None
    status: int = 200
    executed_version: str = LATEST
    log_tail: bytes = b""
    request_id: str = ""


def invoke(function_arn: str, payload: bytes, *, invoker: str, source_arn: str | None = None) -> Invocation:
    """Invoke a function, or its version or alias where the ARN ends in a qualifier, and wait for its answer.

    :param payload: the event, a JSON document
    :param invoker: the service principal that invokes, such as `apigateway.amazonaws.com`, which needs a permission in
        the function's policy; a mapping or a user needs none of the function
    :param source_arn: what the service invokes for, such as `arn:aws:execute-api:…:<api id>/*/GET/trades`
    Raises the service's errors: ResourceNotFoundException, AccessDeniedException, TooManyRequestsException,
    RequestTooLargeException.
    """
    backend = backend_of(function_arn)
    check_permission(backend, function_arn, invoker, source_arn)
    return run(backend, function_arn, payload)


def check_permission(
    backend: "LocalLambdaBackend", function_arn: str, invoker: str, source_arn: str | None = None
) -> None:
    """Raises AccessDeniedException where the function's policy does not let the service invoke it for the source."""
    parsed = parse_function_name(function_arn)
    function = backend.function(function_arn)
    is_qualified = parsed.qualifier not in (None, LATEST)
    resource = f"{function.arn}:{parsed.qualifier}" if is_qualified else function.arn
    if not service_may(invoker, "lambda:InvokeFunction", resource, source_arn):
        raise AccessDeniedException(
            f"User: {invoker} is not authorized to perform: lambda:InvokeFunction on resource: {function_arn}"
            " because no resource-based policy allows the lambda:InvokeFunction action"
        )


def run(
    backend: "LocalLambdaBackend",
    name: str,
    payload: bytes,
    *,
    qualifier: str | None = None,
    request_id: str | None = None,
    client_context: str | None = None,
) -> Invocation:
    """Invoke a function of a backend, without asking who does. Raises as `invoke` does."""
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise RequestTooLargeException(
            f"Request must be smaller than {MOST_PAYLOAD_BYTES} bytes for the InvokeFunction operation"
        )
    function = backend.function(name)
    qualifier = parse_function_name(name, qualifier).qualifier
    execution = execute(
        backend.version(name, qualifier),
        payload,
        function_arn=f"{function.arn}:{qualifier}" if qualifier else function.arn,
        reserved=function.reserved_concurrency,
        request_id=request_id,
        client_context=client_context,
    )
    return Invocation(
        execution.payload,
        execution.function_error,
        executed_version=execution.version,
        log_tail=execution.log_tail,
        request_id=execution.request_id,
    )


def backend_of(function_arn: str) -> "LocalLambdaBackend":
    """Raises ResourceNotFoundException for an ARN that names no region and account."""
    from moto.awslambda.models import lambda_backends

    parsed = parse_function_name(function_arn)
    if not (parsed.account and parsed.region):
        raise ResourceNotFoundException(f"Function not found: {function_arn}")
    return lambda_backends[parsed.account][parsed.region]
