"""Views as Athena keeps them in the Glue catalog: a JSON document, encoded, in the text of the view."""

import base64
import json
from typing import Any

from local_aws.athena.catalog.tables import CATALOG, Table
from local_aws.athena.sql.errors import QueryError

VIEW_PREFIX = "/* Presto View: "
VIEW_SUFFIX = " */"


def decode_view(table: Table) -> dict[str, Any]:
    """What Athena keeps of a view: originalSql, catalog, schema, columns."""
    text = table.view_text
    if not text.startswith(VIEW_PREFIX):
        raise QueryError(f"INVALID_VIEW: View '{table.database}.{table.name}' was not written by Athena")
    return json.loads(base64.b64decode(text.removeprefix(VIEW_PREFIX).removesuffix(VIEW_SUFFIX)))


def encode_view(query: str, database: str, columns: list[tuple[str, str]]) -> str:
    """ViewOriginalText of a view; columns are names and Presto types."""
    view = {
        "originalSql": query,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": name, "type": kind} for name, kind in columns],
    }
    return f"{VIEW_PREFIX}{base64.b64encode(json.dumps(view).encode()).decode()}{VIEW_SUFFIX}"
