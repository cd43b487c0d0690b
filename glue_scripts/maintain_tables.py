"""Glue job `maintain-lakehouse-tables`: expires what nobody needs of Iceberg tables and of the documents of
their runs, and compacts small files.

Arguments: --database, --lake_bucket, --tables (names, separated by commas), --retention_days (of published versions).
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import boto3
from lakehouse_glue.arguments import days, resolve_options
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import Lake, s3_lake, s3_small_objects
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.maintenance.documents import remove_documents
from lakehouse_glue.maintenance.tables import Maintenance
from lakehouse_glue.session import get_session

from lakehouse_contract.runs import run_document_key
from lakehouse_contract.tables import declared_table


def begun_at(lake: Lake) -> Callable[[str], datetime | None]:
    """Gives when a run wrote its document; None for one that has none."""

    @cache
    def created(run: str) -> datetime | None:
        try:
            return datetime.fromisoformat(json.loads(lake.read(run_document_key(run)))["created_at"])
        except FileNotFoundError:
            return None

    return created


def run_from_arguments() -> None:
    options = resolve_options(sys.argv[1:], ["database", "lake_bucket", "tables", "retention_days"])
    s3 = boto3.client("s3")
    lake, objects = s3_lake(s3, options["lake_bucket"]), s3_small_objects(s3, options["lake_bucket"])
    retention, now = timedelta(days=days(options, "retention_days")), datetime.now(UTC)
    tables = options["tables"].split(",")
    maintenance = Maintenance(get_session(), options["database"], now, retention, begun_at(lake))
    maintenance.run([declared_table(name) for name in tables])
    remove_documents(lake, objects, tables, cache(maintenance.runs_in), now - retention)


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
