"""A request as the call of an operation: which one, of which region, with which parameters."""

import io
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from botocore.loaders import Loader

from local_aws.access.requests.calls import Call, Need, Rules
from local_aws.access.requests.services import glue, s3
from local_aws.settings import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIEnvironment

SCOPE = re.compile(r"Credential=[^/,\s]+/\d+/([^/,\s]+)/")
# A label of a path, such as {FunctionName} or {Key+}, once it is escaped.
LABEL = re.compile(r"\\{(\w+)(?:\\\+)?\\}")
ENTRY = re.compile(r"(?P<name>\w+)\.(?:\w+\.)?\d+")
DEFAULT_REGION = "us-east-1"
# The operations of REST services by botocore's name of the service.
REST_SERVICES = {"apigatewayv2": "apigatewayv2", "awslambda": "lambda"}
ICEBERG_PATH = re.compile(r"(?:/glue_(?P<region>[^/]+))?/iceberg/v1/(?:catalogs/[^/]+/)?(?P<rest>.+)")
# Between the levels of a namespace (Iceberg REST protocol).
NESTED = "\x1f"


class NoRuleError(Exception):
    """Nothing says what the request needs. `str()` names its operation."""


def needs_of(service: str, environ: "WSGIEnvironment") -> "Iterable[Need]":
    """What the request needs of who sends it; its body is read and put back. Raises NoRuleError."""
    if service == "s3":
        needs = s3.needs_of(environ)
        if needs is None:
            raise NoRuleError(f"{environ['REQUEST_METHOD']} {environ.get('RAW_URI', environ['PATH_INFO'])} of S3")
        return needs
    if service == "apigatewayv2":
        return _api_gateway(environ)
    if service == "glue" and (found := ICEBERG_PATH.fullmatch(environ["PATH_INFO"])):
        return _iceberg(environ, found)
    call = call_of(service, environ)
    made = _rules(service).get(call.operation)
    if made is None:
        raise NoRuleError(f"{call.operation or environ['PATH_INFO']} of {service}")
    return made(call)


@cache
def _rules(service: str) -> Rules:
    name = f"local_aws.access.requests.services.{service}"
    return import_module(name).RULES if find_spec(name) else {}


def region_of(environ: "WSGIEnvironment") -> str:
    """The region that the request is signed for."""
    found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or SCOPE.search(
        unquote(environ.get("QUERY_STRING", "")).replace("X-Amz-Credential=", "Credential=")
    )
    return found[1] if found else DEFAULT_REGION


def call_of(service: str, environ: "WSGIEnvironment") -> Call:
    """The operation and its parameters; those of a REST protocol are named as in its addresses.

    The body is read and put back. The operation is empty where none fits.
    """
    region = region_of(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(target.rpartition(".")[2], _json(environ), region, ACCOUNT_ID)
    if service in REST_SERVICES:
        return _rest_call(REST_SERVICES[service], environ, region)
    fields = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        fields |= {name: values[0] for name, values in parse_qs(read_body(environ).decode(errors="replace")).items()}
    return Call(fields.get("Action", ""), _with_lists(fields), region, ACCOUNT_ID)


def _with_lists(fields: Mapping[str, str]) -> dict[str, Any]:
    """`AlarmNames.member.1` is the first entry of the list AlarmNames."""
    parameters: dict[str, Any] = {}
    for name, value in fields.items():
        entry = ENTRY.fullmatch(name)
        if entry:
            parameters.setdefault(entry["name"], []).append(value)
        else:
            parameters[name] = value
    return parameters


def read_body(environ: "WSGIEnvironment") -> bytes:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(environ: "WSGIEnvironment") -> dict[str, Any]:
    """The service says what is wrong with a body that is no document."""
    try:
        content = json.loads(read_body(environ) or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


@cache
def _routes(model: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of each operation, those with the most of the path first."""
    operations = Loader().load_service_model(model, "service-2")["operations"]
    routes = []
    for name, operation in operations.items():
        path = operation["http"]["requestUri"].partition("?")[0].rstrip("/")
        pattern = LABEL.sub(r"(?P<\1>[^/]+)", re.escape(path))
        routes.append((operation["http"]["method"], re.compile(pattern + "/?"), name, path))
    routes.sort(key=lambda route: route[3].count("{") - route[3].count("/"))
    return [route[:3] for route in routes]


def _rest_call(model: str, environ: "WSGIEnvironment", region: str) -> Call:
    path = (environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")[0]
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    for method, pattern, name in _routes(model):
        if method == environ["REQUEST_METHOD"] and (found := pattern.fullmatch(path)):
            named = {key: unquote(value) for key, value in found.groupdict().items()}
            # Of an invocation the body is the function's event.
            body = _json(environ) if method in {"POST", "PUT"} and not name.startswith("Invoke") else {}
            return Call(name, {**body, **query, **named}, region, ACCOUNT_ID)
    return Call("", query, region, ACCOUNT_ID)


def _api_gateway(environ: "WSGIEnvironment") -> "Iterable[Need]":
    """API Gateway's actions are HTTP's methods (Service Authorization Reference, API Gateway Management V2)."""
    path = (environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")[0].removeprefix("/v2")
    yield Need(f"apigateway:{environ['REQUEST_METHOD']}", f"arn:aws:apigateway:{region_of(environ)}::{path}")


def _iceberg(environ: "WSGIEnvironment", found: re.Match[str]) -> "Iterable[Need]":
    names: dict[str, Any] = {}
    parts = found["rest"].rstrip("/").split("/")
    shape = []
    for position, part in enumerate(parts):
        is_name = position % 2 == 1 and parts[0] == "namespaces" and parts[position - 1] in {"namespaces", "tables"}
        if is_name:
            names[parts[position - 1][:-1]] = unquote(part)
        shape.append("" if is_name else part)
    operation = f"{environ['REQUEST_METHOD']} {re.sub(r'/+', '/', '/'.join(shape))}"
    if found["region"] and operation in glue.ASKED_BY_THE_CATALOG:
        return ()
    if NESTED in names.get("namespace", ""):
        # Glue has no databases in databases: clients ask so for metadata tables, and GlueCatalog calls nothing.
        return ()
    if operation.startswith("POST"):
        content = _json(environ)
        names.setdefault("name", content.get("name"))
        if isinstance(content.get("namespace"), list):
            names.setdefault("namespace", ".".join(content["namespace"]))
    needs = glue.iceberg_needs(Call(operation, names, found["region"] or region_of(environ), ACCOUNT_ID))
    if needs is None:
        raise NoRuleError(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} of Glue's Iceberg REST API")
    return needs
