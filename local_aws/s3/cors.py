"""Cross-origin requests of browsers, answered by a bucket's rules.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.s3.models import FakeBucket

from local_aws.s3.documents import as_list
from local_aws.s3.exceptions import S3Error

VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def preflight_headers(headers: Mapping[str, str], bucket: FakeBucket, resource_type: str) -> dict[str, str]:
    """The headers of the answer to a preflight request. Raises the error of one that no rule allows."""
    origin = headers.get("Origin")
    method = headers.get("Access-Control-Request-Method")
    if not origin:
        raise S3Error("BadRequest", "Insufficient information. Origin request header needed.")
    if not method:
        raise S3Error("BadRequest", "Invalid Access-Control-Request-Method: null")
    wanted = [name.strip().lower() for name in headers.get("Access-Control-Request-Headers", "").split(",")]
    wanted = [name for name in wanted if name]
    for rule in bucket.cors:
        if _allows(rule, origin, method) and all(_is_among(name, rule.allowed_headers, re.I) for name in wanted):
            allowed = {"Access-Control-Allow-Headers": ", ".join(wanted)} if wanted else {}
            return _headers(rule, origin) | allowed
    reason = (
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method /"
        " Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's"
        " CORS spec."
        if bucket.cors
        else "CORS is not enabled for this bucket."
    )
    raise S3Error("AccessForbidden", f"CORSResponse: {reason}", Method=method, ResourceType=resource_type)


def answer_headers(headers: Mapping[str, str], method: str, bucket: FakeBucket) -> dict[str, str]:
    """What is added to the answer to a request from another origin."""
    origin = headers["Origin"]
    for rule in bucket.cors:
        if _allows(rule, origin, method):
            return _headers(rule, origin)
    return {}


def _allows(rule: Any, origin: str, method: str) -> bool:
    return method in as_list(rule.allowed_methods) and _is_among(origin, rule.allowed_origins)


def _is_among(value: str, patterns: Any, flags: int = 0) -> bool:
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*"), value, flags) for one in as_list(patterns))


def _headers(rule: Any, origin: str) -> dict[str, str]:
    is_open = "*" in as_list(rule.allowed_origins)
    found = {
        "Access-Control-Allow-Origin": "*" if is_open else origin,
        "Access-Control-Allow-Methods": ", ".join(as_list(rule.allowed_methods)),
        "Access-Control-Expose-Headers": ", ".join(as_list(rule.exposed_headers)),
        "Access-Control-Max-Age": str(rule.max_age_seconds or ""),
        "Access-Control-Allow-Credentials": "" if is_open else "true",
        "Vary": VARY,
    }
    return {name: value for name, value in found.items() if value}
