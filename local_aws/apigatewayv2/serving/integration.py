"""Invokes the function of a route, for no longer than the integration waits."""

import logging
import re
import threading
from concurrent.futures import Future
from dataclasses import dataclass

from local_aws.apigatewayv2.checks import function_of
from local_aws.apigatewayv2.serving.answers import (
    INTERNAL_SERVER_ERROR,
    SERVICE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    Answer,
    AnswerNotUnderstoodError,
    answer_of,
)
from local_aws.apigatewayv2.serving.events import Match, event_of
from local_aws.apigatewayv2.serving.requests import ApiRequest
from local_aws.awslambda.invocation import Invocation, invoke

log = logging.getLogger(__name__)

INVOKER = "apigateway.amazonaws.com"
STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass(frozen=True)
class Integrated:
    """The function's answer, or API Gateway's own with the error for the access log."""

    answer: Answer
    status: int | None = None
    error: str | None = None


class Integrations:
    """Invocations under way, each in a thread of its own; one that took too long for its client keeps its place."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    def call(self, request: ApiRequest, match: Match, body: bytes) -> Integrated:
        if match.route.function_uri is None:
            return Integrated(INTERNAL_SERVER_ERROR, error="The route has no integration")
        if not self._places.acquire(blocking=False):
            return Integrated(TOO_MANY_REQUESTS, error="Too many requests wait for functions")
        function_arn = _function_arn(match.route.function_uri, match.stage.stage_variables)
        event = event_of(request, match, body)
        future: Future[Invocation] = Future()
        arguments = future, function_arn, event, match.source_arn(request.method)
        # A daemon: the endpoint does not wait for a function when it ends.
        threading.Thread(target=self._invoke, args=arguments, name="integration", daemon=True).start()
        return _outcome(future, match)

    def _invoke(self, future: "Future[Invocation]", function_arn: str, event: bytes, source_arn: str) -> None:
        try:
            future.set_result(invoke(function_arn, event, invoker=INVOKER, source_arn=source_arn))
        except Exception as error:
            future.set_exception(error)
        finally:
            self._places.release()


def _function_arn(uri: str, stage_variables: dict[str, str]) -> str:
    return STAGE_VARIABLE.sub(lambda found: stage_variables.get(found[1], ""), function_of(uri))


def _outcome(future: "Future[Invocation]", match: Match) -> Integrated:
    try:
        invocation = future.result(match.route.timeout_seconds)
    except TimeoutError:
        return Integrated(SERVICE_UNAVAILABLE, error="Endpoint request timed out")
    except Exception as error:
        log.info("An integration of %s failed: %s", match.api.api_id, error)
        return Integrated(INTERNAL_SERVER_ERROR, error=f"{type(error).__name__}: {error}")
    if invocation.function_error:
        error = "The Lambda function returned an error. See the function's log"
        return Integrated(INTERNAL_SERVER_ERROR, invocation.status, error)
    try:
        return Integrated(answer_of(invocation.payload, match.route.payload_format_version), invocation.status)
    except AnswerNotUnderstoodError as error:
        return Integrated(INTERNAL_SERVER_ERROR, invocation.status, str(error))
