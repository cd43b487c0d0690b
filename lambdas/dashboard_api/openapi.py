"""The API's description, made of the queries' declarations."""

from typing import Any

from dashboard_api.queries import PAGING, QUERIES, Query

VERSION = "1.0.0"

_PROBLEMS = {
    "400": "A parameter is missing, wrong or not known.",
    "403": "The client's address may not ask.",
    "404": "There is no such query, or nothing has been published that it could ask.",
    "413": "The query would read more than it may.",
    "429": "The client asks too often; Retry-After says when to ask again.",
    "502": "The query failed.",
    "503": "The query is still running; Retry-After says when to ask again.",
}


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1: a path per named query."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lakehouse dashboard API",
            "version": VERSION,
            "description": "Named questions to the lake's published tables. Errors are problem documents (RFC 9457).",
        },
        "paths": {
            "/openapi.json": {"get": {"summary": "This document", "operationId": "openapi", "responses": _document()}},
            **{f"/queries/{query.name}": {"get": _operation(query)} for query in QUERIES.values()},
        },
        "components": {"schemas": {"Result": _RESULT, "Problem": _PROBLEM}},
    }


def _operation(query: Query) -> dict[str, Any]:
    return {
        "operationId": query.name,
        "summary": query.meaning,
        "parameters": [
            {
                "name": parameter.name,
                "in": "query",
                "required": parameter.is_required,
                "description": parameter.meaning,
                "schema": parameter.schema() | ({} if parameter.default is None else {"default": parameter.default}),
            }
            for parameter in (*query.parameters, *PAGING)
        ],
        "responses": {
            "200": {
                "description": "The rows.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Result"}}},
            },
            **{
                status: {
                    "description": meaning,
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for status, meaning in _PROBLEMS.items()
            },
        },
    }


def _document() -> dict[str, Any]:
    return {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}}


_RESULT = {
    "type": "object",
    "required": ["query", "columns", "rows", "total_rows", "next_offset", "statistics"],
    "properties": {
        "query": {"type": "string"},
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "type"],
                "properties": {"name": {"type": "string"}, "type": {"type": "string"}},
            },
        },
        "rows": {
            "type": "array",
            "description": "Fields in the order of the columns; decimals and large integers are exact, as texts.",
            "items": {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}},
        },
        "total_rows": {"type": "integer", "minimum": 0},
        "next_offset": {
            "type": ["integer", "null"],
            "description": "Offset of the next page, unless this is the last one.",
        },
        "statistics": {
            "type": "object",
            "description": "What the execution cost that found the rows, and when it did.",
            "required": ["milliseconds", "scanned_bytes", "answered_at", "is_reused"],
            "properties": {
                "milliseconds": {"type": "integer", "minimum": 0},
                "scanned_bytes": {"type": "integer", "minimum": 0},
                "answered_at": {"type": "string", "format": "date-time"},
                "is_reused": {"type": "boolean", "description": "Whether the rows were in the function's memory."},
            },
        },
    },
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
