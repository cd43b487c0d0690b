"""What API Gateway refuses of a request, and what this endpoint does not do.

Quotas and limits: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""

import re
from collections.abc import Mapping
from typing import Any

from local_aws.apigatewayv2.exceptions import BadRequestException, NotSupportedError
from local_aws.apigatewayv2.resources import DEFAULT_STAGE, INTEGRATION_TIMEOUT_MILLIS

Settings = Mapping[str, Any]

# Lambda's own action, which an integration may name instead of the function.
FUNCTION_PATH = re.compile(r"arn:aws:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<function>.+)/invocations")
FUNCTION_ARN = re.compile(r"arn:aws:lambda:[\w-]+:(\d{12}|\$\{stageVariables\.\w+\}):function:[\w${}.:-]+")
LOG_GROUP_ARN = re.compile(r"arn:aws:logs:(?P<region>[\w-]+):(?P<account>\d{12}):log-group:(?P<group>[^:]+)(:\*)?")
STAGE_NAME = re.compile(r"[\w-]{1,128}")
ORIGIN = re.compile(r"\*|https?://(\*|[^/\s]+)")
PAYLOAD_FORMATS = {"1.0", "2.0"}
SHORTEST_TIMEOUT_MILLIS = 50
LONGEST_MAX_AGE_SECONDS = 86_400


def check_only(given: Settings, allowed: Mapping[str, Any], what: str) -> None:
    """Raises NotSupportedError for a value that is not the one that this endpoint has."""
    for name, value in allowed.items():
        if given.get(name) not in (None, value):
            raise NotSupportedError(f"{what} with {name} {given[name]}, only {value}")


def check_api(given: Settings) -> None:
    check_only(
        given,
        {
            "protocol_type": "HTTP",
            "route_selection_expression": "$request.method $request.path",
            "api_key_selection_expression": "$request.header.x-api-key",
            "ip_address_type": "ipv4",
        },
        "APIs",
    )
    check_cors(given.get("cors_configuration") or {})


def check_cors(cors: Settings) -> None:
    """The refusal of credentials for every origin is in issue 9076 of aws/aws-cdk."""
    origins = cors.get("AllowOrigins") or []
    if cors.get("AllowCredentials") and "*" in origins:
        raise BadRequestException("allow-credentials is not supported if 'allow-origin' is *")
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise BadRequestException(
                f"Invalid format for origin {origin}. Origins must be fully-qualified, with http:// or https://"
            )
    max_age = cors.get("MaxAge")
    if max_age is not None and not -1 <= int(max_age) <= LONGEST_MAX_AGE_SECONDS:
        raise BadRequestException(f"MaxAge must be between -1 and {LONGEST_MAX_AGE_SECONDS}")


def check_integration(given: Settings) -> None:
    kind = given.get("integration_type")
    if kind != "AWS_PROXY" or given.get("integration_subtype"):
        raise NotSupportedError(f"the integration {given.get('integration_subtype') or kind}, only AWS_PROXY to Lambda")
    check_only(given, {"connection_type": "INTERNET", "integration_method": "POST"}, "Lambda integrations")
    if given.get("payload_format_version") not in PAYLOAD_FORMATS:
        raise BadRequestException("PayloadFormatVersion is a required parameter, and one of 1.0 and 2.0")
    if not FUNCTION_ARN.fullmatch(function_of(given.get("integration_uri") or "")):
        raise BadRequestException("Integration URI should be a valid ARN of a Lambda function")
    timeout = int(given.get("timeout_in_millis") or INTEGRATION_TIMEOUT_MILLIS)
    if not SHORTEST_TIMEOUT_MILLIS <= timeout <= INTEGRATION_TIMEOUT_MILLIS:
        raise BadRequestException(
            f"Timeout should be between {SHORTEST_TIMEOUT_MILLIS} ms and {INTEGRATION_TIMEOUT_MILLIS} ms"
        )


def function_of(integration_uri: str) -> str:
    """The function's ARN, which may stand inside the ARN of Lambda's action."""
    found = FUNCTION_PATH.fullmatch(integration_uri)
    return found["function"] if found else integration_uri


def check_route(given: Settings) -> None:
    check_only(given, {"authorization_type": "NONE", "api_key_required": False}, "routes")
    if not (given.get("target") or "integrations/").startswith("integrations/"):
        raise BadRequestException("The target of a route is integrations/ and the id of an integration")


def check_stage(given: Settings) -> None:
    name = given["stage_name"]
    if name != DEFAULT_STAGE and not STAGE_NAME.fullmatch(name):
        raise BadRequestException("Stage name only allows a-zA-Z0-9_- and has at most 128 characters, or is $default")
    for settings in (given.get("default_route_settings") or {}, *(given.get("route_settings") or {}).values()):
        check_only(settings, {"DataTraceEnabled": False, "LoggingLevel": "OFF"}, "HTTP APIs")
        for limit in ("ThrottlingBurstLimit", "ThrottlingRateLimit"):
            if settings.get(limit) is not None and float(settings[limit]) < 0:
                raise BadRequestException(f"{limit} must not be negative")
    check_access_logs(given.get("access_log_settings"))


def check_access_logs(settings: Settings | None) -> None:
    """The format has to name the request: AccessLogSettings of the API reference."""
    if not settings:
        return
    if not LOG_GROUP_ARN.fullmatch(settings.get("DestinationArn") or ""):
        raise BadRequestException("Invalid ARN specified in the request: access logs go to a log group")
    if "$context.requestId" not in (settings.get("Format") or ""):
        raise BadRequestException("The access log format must include at least $context.requestId")
