"""Answers requests to HTTP APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from local_aws.apigatewayv2.models import find_api
from local_aws.apigatewayv2.resources import DEFAULT_STAGE, Api, Deployment, Stage
from local_aws.apigatewayv2.serving import answers, metrics
from local_aws.apigatewayv2.serving.access_logs import AccessLogWriter, log_line
from local_aws.apigatewayv2.serving.answers import Answer
from local_aws.apigatewayv2.serving.cors import preflight_answer, with_cors
from local_aws.apigatewayv2.serving.events import Match, clock_time
from local_aws.apigatewayv2.serving.integration import Integrated, Integrations
from local_aws.apigatewayv2.serving.requests import ApiRequest, PayloadTooLargeError
from local_aws.apigatewayv2.serving.throttling import Throttle
from local_aws.public_addresses import WAITING_PLACES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

throttle = Throttle()
integrations = Integrations(WAITING_PLACES)
access_logs = AccessLogWriter()


@dataclass
class Exchange:
    """A request that reached a stage, and what is known of it so far."""

    request: ApiRequest
    api: Api
    stage: Stage
    route_path: str
    match: Match | None = None
    integrated: Integrated | None = None
    integration_milliseconds: float | None = None
    received_bytes: int = 0


def answer(api_id: str, path: str, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer a request to an API.

    :param path: what follows the API's address, as it was sent
    """
    request = ApiRequest(environ, path)
    try:
        given = _answer(api_id, request)
    except Exception:
        log.exception("A request to the API %s failed", api_id)
        given = answers.INTERNAL_SERVER_ERROR
    headers = [*given.headers, ("Apigw-Requestid", request.request_id)]
    if given.has_content:
        headers.append(("Content-Length", str(len(given.body))))
    if request.leaves_a_rest or given is answers.PAYLOAD_TOO_LARGE:
        headers.append(("Connection", "close"))
    start_response(given.status_line, headers)
    return [given.body] if given.has_content and request.method != "HEAD" else []


def _answer(api_id: str, request: ApiRequest) -> Answer:
    api = find_api(api_id)
    if api is None:
        return answers.NOT_FOUND
    if api.disable_execute_api_endpoint:
        return answers.FORBIDDEN
    found = stage_of(api, request.sent_path)
    if found is None:
        return answers.NOT_FOUND
    exchange = Exchange(request, api, *found)
    given = _answer_of_stage(exchange)
    _tell(exchange, given)
    return given


def stage_of(api: Api, sent_path: str) -> tuple[Stage, str] | None:
    """The stage and the path that its routes see: a named stage is the first part of the path, before `$default`."""
    first, slash, rest = sent_path.removeprefix("/").partition("/")
    named = api.stages.get(unquote(first))
    if named is not None and named.stage_name != DEFAULT_STAGE:
        return named, slash + rest or "/"
    default = api.stages.get(DEFAULT_STAGE)
    return None if default is None else (default, sent_path)


def _answer_of_stage(exchange: Exchange) -> Answer:
    api, request, stage = exchange.api, exchange.request, exchange.stage
    deployment = api.deployments.get(stage.deployment_id or "")
    if deployment is None:
        return answers.NOT_FOUND
    if deployment.cors and (preflight := preflight_answer(deployment.cors, request)):
        return preflight
    exchange.match = _match(exchange, deployment)
    if exchange.match is None:
        return answers.NOT_FOUND
    route_key = exchange.match.route.key.text
    if not throttle.admits(api.account_id, api.region_name, api.api_id, stage, route_key):
        return answers.TOO_MANY_REQUESTS
    given = _integrate(exchange, exchange.match)
    return with_cors(deployment.cors, request, given) if deployment.cors and given.own_message is None else given


def _match(exchange: Exchange, deployment: Deployment) -> Match | None:
    segments = exchange.route_path[1:].split("/")
    for route in deployment.routes:
        parameters = route.key.match(exchange.request.method, segments)
        if parameters is not None:
            return Match(exchange.api, exchange.stage, route, parameters)
    return None


def _integrate(exchange: Exchange, match: Match) -> Answer:
    try:
        body = exchange.request.read_body()
    except PayloadTooLargeError:
        return answers.PAYLOAD_TOO_LARGE
    exchange.received_bytes = len(body)
    started = time.perf_counter()
    exchange.integrated = integrations.call(exchange.request, match, body)
    exchange.integration_milliseconds = (time.perf_counter() - started) * 1000
    return exchange.integrated.answer


def _tell(exchange: Exchange, given: Answer) -> None:
    """Count the request, and write it into the stage's access log."""
    latency = (time.perf_counter() - exchange.request.started) * 1000
    metrics.count(exchange.api, exchange.stage, exchange.match, given, latency, exchange.integration_milliseconds)
    settings = exchange.stage.access_log_settings
    if settings:
        line = log_line(settings["Format"], _context(exchange, given, latency))
        stream = f"{exchange.api.api_id}-{exchange.stage.stage_name.removeprefix('$')}"
        access_logs.add(settings["DestinationArn"], stream, line)


def _context(exchange: Exchange, given: Answer, latency: float) -> dict[str, Any]:
    """The `$context` of a request; what is missing has no value."""
    request, api, integrated = exchange.request, exchange.api, exchange.integrated
    integration_error = integrated.error if integrated else None
    integration_status = integrated.status if integrated else None
    integration_latency = exchange.integration_milliseconds
    rounded_latency = None if integration_latency is None else round(integration_latency)
    return {
        "accountId": api.account_id,
        "apiId": api.api_id,
        "dataProcessed": exchange.received_bytes + len(given.body),
        "domainName": request.environ.get("HTTP_HOST"),
        "domainPrefix": api.api_id,
        "error.message": given.own_message,
        "error.messageString": given.own_message,
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity.sourceIp": request.source_ip,
        "identity.userAgent": request.user_agent,
        "integration.error": integration_error,
        "integration.integrationStatus": integration_status,
        "integration.latency": rounded_latency,
        "integration.status": integration_status,
        "integrationErrorMessage": integration_error,
        "integrationLatency": rounded_latency,
        "integrationStatus": integration_status,
        "path": request.path,
        "protocol": request.protocol,
        "requestId": request.request_id,
        "requestTime": clock_time(request.received_at),
        "requestTimeEpoch": int(request.received_at * 1000),
        "responseLatency": round(latency),
        "responseLength": len(given.body),
        "routeKey": exchange.match.route.key.text if exchange.match else None,
        "stage": exchange.stage.stage_name,
        "status": given.status,
    }
