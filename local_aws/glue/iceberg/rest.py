"""Glue's Iceberg REST API: which operation a request is for, and errors in the protocol's form.

Two ways lead here. `/iceberg/v1/…`, signed for Glue, is the API as AWS has it, with what AWS refuses refused. Below
`/glue_<region>/` the same API stands in for `org.apache.iceberg.aws.glue.GlueCatalog` in this endpoint's Glue jobs,
unsigned, and does what that class can do besides.
Source: AWS Glue developer guide, "AWS Glue REST APIs for Apache Iceberg specifications" and "Considerations and
limitations when using AWS Glue Iceberg REST Catalog APIs"; Apache Iceberg, rest-catalog-open-api.yaml.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.core.request import Request
from pydantic import ValidationError
from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)

from local_aws.access import AccessDeniedError
from local_aws.glue.iceberg import WAREHOUSE_HEADER, rest_operations
from local_aws.glue.iceberg.catalog import iceberg_catalog
from local_aws.glue.iceberg.rest_operations import Call, PurgeRefusedError
from local_aws.settings import ACCOUNT_ID

log = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], str]

CREDENTIAL_REGION = re.compile(r"Credential=[^/]+/\d+/([^/]+)/glue/")
ACCOUNT = re.compile(r"\d{12}")
PATH = re.compile(r"(?:/glue_(?P<region>[^/]+))?/iceberg/v1/(?:catalogs/(?P<catalog>[^/]+)/)?(?P<rest>.+)")

# Status and the protocol's name of what may be wrong with a request, the first that fits.
ERRORS: tuple[tuple[type[Exception], int, str], ...] = (
    (NoSuchTableError, 404, "NoSuchTableException"),
    (NoSuchNamespaceError, 404, "NoSuchNamespaceException"),
    (TableAlreadyExistsError, 409, "AlreadyExistsException"),
    (NamespaceAlreadyExistsError, 409, "AlreadyExistsException"),
    (NamespaceNotEmptyError, 409, "NamespaceNotEmptyException"),
    (CommitFailedException, 409, "CommitFailedException"),
    (CommitStateUnknownException, 500, "CommitStateUnknownException"),
    (AccessDeniedError, 403, "AccessDeniedException"),
    (PurgeRefusedError, 400, "InvalidInputException"),
    (ValidationError, 400, "BadRequestException"),
    (ValueError, 400, "BadRequestException"),
    (NotImplementedError, 406, "UnsupportedOperationException"),
)


@dataclass(frozen=True)
class Route:
    """An operation by its method and its path below the prefix, as the protocol writes it."""

    method: str
    path: str
    operation: Callable[[Call], Any]
    is_glue_api: bool = True

    @property
    def endpoint(self) -> str:
        return f"{self.method} /v1/{{prefix}}/{self.path}"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


ROUTES = (
    Route("GET", "namespaces", rest_operations.list_namespaces),
    Route("POST", "namespaces", rest_operations.create_namespace),
    Route("GET", "namespaces/{namespace}", rest_operations.load_namespace),
    Route("DELETE", "namespaces/{namespace}", rest_operations.drop_namespace),
    Route("POST", "namespaces/{namespace}/properties", rest_operations.update_namespace),
    Route("GET", "namespaces/{namespace}/tables", rest_operations.list_tables),
    Route("POST", "namespaces/{namespace}/tables", rest_operations.create_table),
    Route("GET", "namespaces/{namespace}/tables/{table}", rest_operations.load_table),
    Route("HEAD", "namespaces/{namespace}/tables/{table}", rest_operations.table_exists),
    Route("POST", "namespaces/{namespace}/tables/{table}", rest_operations.commit_table),
    Route("DELETE", "namespaces/{namespace}/tables/{table}", rest_operations.drop_table),
    Route("HEAD", "namespaces/{namespace}", rest_operations.namespace_exists, is_glue_api=False),
    Route("POST", "namespaces/{namespace}/register", rest_operations.register_table, is_glue_api=False),
    Route("POST", "tables/rename", rest_operations.rename_table, is_glue_api=False),
)


def answer_iceberg(request: Request, full_url: str, headers: Mapping[str, str]) -> Answer:
    """Status, headers and body of the answer to a request of the Iceberg REST protocol."""
    path = PATH.fullmatch(urlsplit(full_url).path)
    if path is None:
        return _error(404, "NotFoundException", f"The Iceberg REST API has no {request.method} {request.path}.")
    try:
        body = _answer_body(request, path, headers)
    except Exception as error:
        return _failure(error)
    return _answer(204 if body is None else 200, body)


def _answer_body(request: Request, path: re.Match[str], headers: Mapping[str, str]) -> Any:
    is_glue_api = path["region"] is None
    if path["rest"] == "config":
        return _configuration(request.args.get("warehouse"), is_glue_api=is_glue_api)
    signed = CREDENTIAL_REGION.search(headers.get("Authorization", ""))
    catalog = iceberg_catalog(_account_id(path["catalog"]), path["region"] or (signed[1] if signed else "us-east-1"))
    if warehouse := headers.get(WAREHOUSE_HEADER):
        catalog.properties["warehouse"] = warehouse
    route, names = _route(request.method, path["rest"], is_glue_api=is_glue_api)
    return route.operation(Call(catalog, names, request.args, request.get_data() or b"{}", is_glue_api))


def _route(method: str, path: str, *, is_glue_api: bool) -> tuple[Route, dict[str, str]]:
    for route in ROUTES:
        names = route.match(method, path)
        if names is not None and (route.is_glue_api or not is_glue_api):
            return route, names
    raise NotImplementedError(f"Glue's Iceberg REST API does not support {method} {path}.")


def _configuration(warehouse: str | None, *, is_glue_api: bool) -> dict[str, Any]:
    """The catalog's path and the operations it has; a job's warehouse is a location, and its catalog the account's."""
    catalog = _account_id(warehouse if is_glue_api else None)
    endpoints = [route.endpoint for route in ROUTES if route.is_glue_api or not is_glue_api]
    return {"defaults": {}, "overrides": {"prefix": f"catalogs/{catalog}"}, "endpoints": endpoints}


def _account_id(catalog: str | None) -> str:
    """The account whose default catalog a path or a warehouse names; `:` is the caller's own.

    Raises NoSuchNamespaceError for the catalogs that Glue has besides, of S3 Tables and Redshift.
    """
    name = unquote(catalog or ":")
    if name == ":":
        return ACCOUNT_ID
    if not ACCOUNT.fullmatch(name):
        raise NoSuchNamespaceError(f"The local Glue has no catalog {name}: its catalogs are those of accounts.")
    return name


def _failure(error: Exception) -> Answer:
    """An error that the protocol has no name for came before anything was changed: 503 tells clients so, 500 would
    tell them that the commit may have happened.
    """
    for kind, status, name in ERRORS:
        if isinstance(error, kind):
            return _error(status, name, str(error))
    log.exception("An Iceberg request failed")
    message = f"The local Glue failed on this request and changed nothing: {type(error).__name__}: {error}"
    return _error(503, "ServiceUnavailableException", message)


def _error(status: int, name: str, message: str) -> Answer:
    return _answer(status, {"error": {"message": message, "type": name, "code": status}})


def _answer(status: int, body: Any) -> Answer:
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
    return status, {"Content-Type": "application/json"}, text
