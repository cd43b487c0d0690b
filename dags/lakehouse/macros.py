"""What the .sql files may ask for."""

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from lakehouse.reconciliation import RECONCILED_TABLES
from lakehouse.settings import LakehouseSettings

PUBLISH_TASK = "publish.publish_snapshot"


def sql_macros(settings: LakehouseSettings) -> dict[str, str | tuple[str, ...] | Callable]:
    return {
        "redshift_iam_role": settings.redshift_iam_role,
        "reconciled_tables": RECONCILED_TABLES,
        "copy_manifest": copy_manifest,
        "published_rows": published_rows,
    }


@pass_context
def copy_manifest(context: Context, table: str) -> str:
    """S3 URL of the manifest of a table's files in the snapshot that this run published."""
    return _published_table(context, table)["copy_manifest"]


@pass_context
def published_rows(context: Context, table: str) -> int:
    """Rows of a table in the snapshot that this run published."""
    return _published_table(context, table)["rows"]


def _published_table(context: Context, table: str) -> dict[str, Any]:
    return context["ti"].xcom_pull(task_ids=PUBLISH_TASK)["tables"][table]
