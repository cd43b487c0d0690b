"""StartQueryExecution's input: what is wrong with it, and the execution that it asks for."""

from typing import Any

from moto.athena.models import WorkGroup

from local_aws.athena.catalog.tables import CATALOG
from local_aws.athena.exceptions import InvalidRequestError
from local_aws.athena.executions.model import QueryExecution
from local_aws.storage import bucket_directory, split_s3_url

MAX_QUERY_LENGTH_BYTES = 262_144
# API reference, ResultReuseByAgeConfiguration.
MAX_REUSE_MINUTES = 10_080
DEFAULT_REUSE_MINUTES = 60


def check_query(query: str, request: dict[str, Any]) -> None:
    """Raises InvalidRequestError for a query that is empty, or that is too long or no UTF-8, as a parameter may be."""
    length = max(len(_encoded(text)) for text in (query, *(request.get("ExecutionParameters") or [])))
    if not query.strip() or length > MAX_QUERY_LENGTH_BYTES:
        raise InvalidRequestError("queryString must be between 1 and 262144 bytes long", "INVALID_QUERY")


def requested_execution(query: str, request: dict[str, Any], workgroup: WorkGroup) -> QueryExecution:
    """The execution in the workgroup, which is enabled; raises InvalidRequestError for what it cannot have."""
    context = request.get("QueryExecutionContext") or {}
    if context.get("Catalog", CATALOG).lower() != CATALOG:
        raise InvalidRequestError(f"The catalog {context['Catalog']} is not supported by the local Athena engine")
    return QueryExecution(
        query=query,
        database=(context.get("Database") or "default").strip("`").lower(),
        catalog=CATALOG,
        workgroup=workgroup.name,
        output_location=_output_location(workgroup, request.get("ResultConfiguration") or {}),
        is_location_enforced=_enforces_location(workgroup),
        bytes_cutoff=workgroup.configuration.get("BytesScannedCutoffPerQuery"),
        parameters=request.get("ExecutionParameters") or [],
        reuse_minutes=_reuse_minutes(request),
    )


def _encoded(text: str) -> bytes:
    """The text's bytes; raises InvalidRequestError for half of a surrogate pair, which JSON can hold and UTF-8 not."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequestError(
            f"queryString is no valid UTF-8 at character {error.start + 1}", "INVALID_QUERY"
        ) from error


def _reuse_minutes(request: dict[str, Any]) -> int | None:
    """The age up to which the query takes an earlier result; None for one that does not."""
    by_age = (request.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    if not by_age.get("Enabled"):
        return None
    minutes = by_age.get("MaxAgeInMinutes", DEFAULT_REUSE_MINUTES)
    if not 0 <= minutes <= MAX_REUSE_MINUTES:
        raise InvalidRequestError(f"MaxAgeInMinutes must be between 0 and {MAX_REUSE_MINUTES}, not {minutes}")
    return minutes


def _enforces_location(workgroup: WorkGroup) -> bool:
    configuration = workgroup.configuration
    location = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    return bool(location and configuration.get("EnforceWorkGroupConfiguration"))


def _output_location(workgroup: WorkGroup, requested: dict[str, Any]) -> str:
    """The folder of the results: the workgroup's where it enforces its own, else the request's."""
    own = (workgroup.configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    location = own if _enforces_location(workgroup) else requested.get("OutputLocation") or own
    if not location:
        raise InvalidRequestError(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    try:
        bucket, _ = split_s3_url(location)
    except ValueError as error:
        raise InvalidRequestError(f"outputLocation is not a valid S3 path: {location}") from error
    if not bucket_directory(bucket).is_dir():
        raise InvalidRequestError(f"Unable to verify/create output bucket {bucket}")
    return f"{location.rstrip('/')}/"
