"""Answers the routes of the dashboard's API: GET /queries/{name} and GET /openapi.json."""

import logging
import os
import time
from typing import Any

from lakehouse_http.answers import Answer, Problem, json_answer, problem_answer

from dashboard_api.athena import (
    AthenaQueries,
    QueryFailedError,
    QueryNotPublishedError,
    QueryStillRunningError,
    QueryTooLargeError,
)
from dashboard_api.clients import ClientLimits, is_allowed
from dashboard_api.openapi import openapi_document
from dashboard_api.parameters import ParameterError, read_parameters
from dashboard_api.queries import PAGING, QUERIES, AthenaQuery, Query, StateQuery, Values
from dashboard_api.results import Result
from dashboard_api.reuse import KeptResults
from dashboard_api.state import LakeState

REQUESTS_PER_SECOND = 50
REQUESTS_AT_ONCE = 300

logger = logging.getLogger(__name__)


class DashboardApi:
    """The function's state between its requests: clients of AWS, results that may be used again, and who asked."""

    def __init__(self) -> None:
        self.athena = AthenaQueries(os.environ["LAKEHOUSE_DASHBOARD_WORKGROUP"], os.environ["LAKEHOUSE_GLUE_DATABASE"])
        self.lake = LakeState.from_environment()
        self.kept = KeptResults()
        self.limits = ClientLimits(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE)
        self.client_ranges = os.environ["LAKEHOUSE_DASHBOARD_CLIENT_RANGES"]

    def answer(self, event: dict[str, Any]) -> Answer:
        """The answer to a request in the HTTP API's payload format 2.0."""
        try:
            self._check_client(event["requestContext"]["http"]["sourceIp"])
            if event["rawPath"].endswith("/openapi.json"):
                return json_answer(openapi_document(), headers={"cache-control": "max-age=300"})
            return self._answer_query(event)
        except Problem as problem:
            return problem_answer(problem)

    def _check_client(self, client: str) -> None:
        if not is_allowed(client, self.client_ranges):
            raise Problem(403, "client", "The client may not ask.", "This address is not among those that may ask.")
        if wait := self.limits.take(client):
            raise Problem(
                429,
                "too-many-requests",
                "The client asks too often.",
                f"Ask again in {wait} s: a client may ask {REQUESTS_PER_SECOND} times a second.",
                {"retry-after": str(wait)},
            )

    def _answer_query(self, event: dict[str, Any]) -> Answer:
        name = event.get("pathParameters", {}).get("name", "")
        query = QUERIES.get(name)
        if query is None:
            raise Problem(404, "query", "There is no such query.", "GET openapi.json tells which queries there are.")
        try:
            values = read_parameters((*query.parameters, *PAGING), event.get("rawQueryString") or "")
        except ParameterError as error:
            raise Problem(400, "parameter", "A parameter cannot be used.", str(error)) from None
        limit, offset = values.pop("limit"), values.pop("offset")
        key = (name, *sorted(values.items()))
        result = self.kept.get(key, query.max_age_seconds)
        if is_new := result is None:
            result = self._ask(query, values)
            self.kept.keep(key, result)
        return _page(query, result, limit, offset, is_reused=not is_new)

    def _ask(self, query: Query, values: Values) -> Result:
        if isinstance(query, StateQuery):
            start = time.monotonic()
            columns, rows = self.lake.answer(query.source)
            return Result(columns, rows, milliseconds=round((time.monotonic() - start) * 1000), scanned_bytes=0)
        return self._ask_athena(query, values)

    def _ask_athena(self, query: AthenaQuery, values: Values) -> Result:
        try:
            return self.athena.run(query, values)
        except QueryNotPublishedError:
            raise Problem(
                404, "not-published", "Nothing has been published yet.", "Run the pipeline that fills this view."
            ) from None
        except QueryTooLargeError:
            raise Problem(
                413, "too-large", "The query would read more than it may.", "Choose a year or a month."
            ) from None
        except QueryStillRunningError as error:
            logger.warning("%s is still running: %s", query.name, error)
            raise Problem(
                503, "still-running", "The query is still running.", "Ask again in 2 s.", {"retry-after": "2"}
            ) from None
        except QueryFailedError as error:
            logger.error("%s failed: %s", query.name, error)  # noqa: TRY400 - the reason is Athena's
            raise Problem(
                502, "query-failed", "The query failed.", "Ask again later; the function's log has the reason."
            ) from None


def _page(query: Query, result: Result, limit: int, offset: int, *, is_reused: bool) -> Answer:
    end = offset + limit
    max_age = max(0, round(result.answered_at + query.max_age_seconds - time.time()))
    content = {
        "query": query.name,
        "columns": [{"name": column.name, "type": column.type} for column in result.columns],
        "rows": result.rows[offset:end],
        "total_rows": len(result.rows),
        "next_offset": end if end < len(result.rows) else None,
        "statistics": {
            "milliseconds": result.milliseconds,
            "scanned_bytes": result.scanned_bytes,
            "answered_at": result.answered_at_text,
            "is_reused": is_reused,
        },
    }
    return json_answer(content, headers={"cache-control": f"private, max-age={max_age}"})


_api: DashboardApi | None = None


def handler(event: dict[str, Any], _context: Any) -> Answer:
    """AWS Lambda's entry point."""
    global _api  # noqa: PLW0603 - an instance of the function keeps it between its requests
    if _api is None:
        _api = DashboardApi()
    return _api.answer(event)
