"""How the endpoint's other services invoke a function: synchronously, each from a thread of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Invocation:
    """What a function answered.

    `function_error` is None, or "Unhandled" where the payload is the error's JSON document; `status` is Invoke's
    (200); `log_tail` holds the end of the invocation's log, at most 4 KB.
    """

    payload: bytes
    function_error: str | None = None
    status: int = 200
    executed_version: str = "$LATEST"
    log_tail: bytes = b""


def invoke(function_arn: str, payload: bytes, *, invoker: str, source_arn: str | None = None) -> Invocation:
    """Invoke a function, or its version or alias where the ARN ends in a qualifier, and wait for its answer.

    :param payload: the event, a JSON document
    :param invoker: the service principal that invokes, such as `apigateway.amazonaws.com`, which needs a permission in
        the function's policy; a mapping or a user needs none of the function
    :param source_arn: what the service invokes for, such as `arn:aws:execute-api:…:<api id>/*/GET/trades`
    Raises the service's errors: ResourceNotFoundException, AccessDeniedException, TooManyRequestsException,
    RequestTooLargeException.
    """
    raise NotImplementedError(f"The invocation of {function_arn}")
