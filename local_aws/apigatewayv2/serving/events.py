"""The event that a function gets of a request, in the payload formats 2.0 and 1.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
What is empty is left out of an event of format 2.0, and null in one of format 1.0.
"""

import base64
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from local_aws.apigatewayv2.resources import Api, DeployedRoute, Stage
from local_aws.apigatewayv2.serving.requests import ApiRequest

# Others come in base64.
TEXT_TYPE = re.compile(r"text/.*|application/(.+\+)?(json|xml)|application/javascript")


@dataclass(frozen=True)
class Match:
    """Where a request goes: an API's stage and route, and the values of the route's variables."""

    api: Api
    stage: Stage
    route: DeployedRoute
    parameters: dict[str, str]

    def source_arn(self, method: str) -> str:
        """What a function's policy is asked for; a `$default` route has neither method nor path of its own."""
        key = self.route.key
        resource = key.text if key.is_default else f"{method}{key.path}"
        return f"{self.api.execute_arn}/{self.stage.stage_name}/{resource}"


def event_of(request: ApiRequest, match: Match, body: bytes) -> bytes:
    """The event as JSON."""
    build = _event_2_0 if match.route.payload_format_version == "2.0" else _event_1_0
    return json.dumps(build(request, match, body)).encode()


def clock_time(seconds: float) -> str:
    """Common log format, as `12/Mar/2020:19:03:58 +0000`."""
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(seconds))


def _event_2_0(request: ApiRequest, match: Match, body: bytes) -> dict[str, Any]:
    headers = _headers(request)
    cookies = [cookie.strip() for cookie in headers.pop("cookie", "").split(";") if cookie.strip()]
    text, is_encoded = _body(request, body)
    event = {
        "version": "2.0",
        "routeKey": match.route.key.text,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "cookies": cookies,
        "headers": headers,
        "queryStringParameters": {name: ",".join(values) for name, values in request.query_parameters.items()},
        "requestContext": {
            "accountId": match.api.account_id,
            "apiId": match.api.api_id,
            "domainName": match.api.domain_name,
            "domainPrefix": match.api.api_id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": request.user_agent,
            },
            "requestId": request.request_id,
            "routeKey": match.route.key.text,
            "stage": match.stage.stage_name,
            "time": clock_time(request.received_at),
            "timeEpoch": int(request.received_at * 1000),
        },
        "pathParameters": match.parameters,
        "stageVariables": match.stage.stage_variables,
        "body": text,
        "isBase64Encoded": is_encoded,
    }
    optional = {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"}
    return {name: value for name, value in event.items() if value or name not in optional}


def _event_1_0(request: ApiRequest, match: Match, body: bytes) -> dict[str, Any]:
    headers = _headers(request)
    text, is_encoded = _body(request, body)
    queries = request.query_parameters
    unknown = dict.fromkeys(
        (
            "accessKey",
            "accountId",
            "caller",
            "cognitoAuthenticationProvider",
            "cognitoAuthenticationType",
            "cognitoIdentityId",
            "cognitoIdentityPoolId",
            "principalOrgId",
            "user",
            "userArn",
        )
    )
    return {
        "version": "1.0",
        "resource": match.route.key.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
        "multiValueQueryStringParameters": queries or None,
        "requestContext": {
            "accountId": match.api.account_id,
            "apiId": match.api.api_id,
            "domainName": match.api.domain_name,
            "domainPrefix": match.api.api_id,
            "extendedRequestId": request.request_id,
            "httpMethod": request.method,
            "identity": unknown | {"sourceIp": request.source_ip, "userAgent": request.user_agent},
            "path": request.path,
            "protocol": request.protocol,
            "requestId": request.request_id,
            "requestTime": clock_time(request.received_at),
            "requestTimeEpoch": int(request.received_at * 1000),
            "resourceId": match.route.key.text,
            "resourcePath": match.route.key.path,
            "stage": match.stage.stage_name,
        },
        "pathParameters": match.parameters or None,
        "stageVariables": match.stage.stage_variables or None,
        "body": text,
        "isBase64Encoded": is_encoded,
    }


def _headers(request: ApiRequest) -> dict[str, str]:
    """Those of the request, and those that API Gateway adds."""
    host = request.environ.get("HTTP_HOST", "")
    senders = [request.headers["x-forwarded-for"]] if "x-forwarded-for" in request.headers else []
    return request.headers | {
        "content-length": request.headers.get("content-length", "0"),
        "x-amzn-trace-id": f"Root=1-{int(request.received_at):x}-{request.request_id.encode().hex()[:24]}",
        "x-forwarded-for": ", ".join([*senders, request.source_ip]),
        "x-forwarded-port": host.rpartition(":")[2] if ":" in host else "80",
        "x-forwarded-proto": "http",
    }


def _body(request: ApiRequest, body: bytes) -> tuple[str | None, bool]:
    """The body as text, and whether that is base64."""
    if not body:
        return None, False
    content_type = request.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if TEXT_TYPE.fullmatch(content_type) and "content-encoding" not in request.headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
