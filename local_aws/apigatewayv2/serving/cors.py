"""Cross-origin requests, answered by the API as it is configured.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from collections.abc import Mapping
from typing import Any

from local_aws.apigatewayv2.serving.answers import Answer, Headers
from local_aws.apigatewayv2.serving.requests import ApiRequest

PREFIX = "access-control-"


def preflight_answer(cors: Mapping[str, Any], request: ApiRequest) -> Answer | None:
    """The answer to a preflight request, whatever routes there are; None for another request."""
    if request.method != "OPTIONS" or not request.origin:
        return None
    if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in request.environ:
        return None
    allowed = _origin_headers(cors, request.origin)
    if allowed:
        for name, setting in (("methods", "AllowMethods"), ("headers", "AllowHeaders")):
            if cors.get(setting):
                allowed.append((f"{PREFIX}allow-{name}", ",".join(cors[setting])))
        if cors.get("MaxAge") is not None:
            allowed.append((f"{PREFIX}max-age", str(cors["MaxAge"])))
    return Answer(204, allowed)


def with_cors(cors: Mapping[str, Any], request: ApiRequest, answer: Answer) -> Answer:
    """The integration's answer with the API's headers in the place of its own."""
    own = _origin_headers(cors, request.origin) if request.origin else []
    return answer.without(PREFIX).with_headers(own)


def _origin_headers(cors: Mapping[str, Any], origin: str) -> Headers:
    """None for an origin that is not allowed."""
    allowed = _allowed_origin(cors.get("AllowOrigins") or [], origin)
    if allowed is None:
        return []
    headers = [(f"{PREFIX}allow-origin", allowed)]
    if cors.get("AllowCredentials"):
        headers.append((f"{PREFIX}allow-credentials", "true"))
    if cors.get("ExposeHeaders"):
        headers.append((f"{PREFIX}expose-headers", ",".join(cors["ExposeHeaders"])))
    return headers


def _allowed_origin(allowed: list[str], origin: str) -> str | None:
    if "*" in allowed:
        return "*"
    scheme = origin.partition("://")[0]
    return origin if origin in allowed or f"{scheme}://*" in allowed else None
