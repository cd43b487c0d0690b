"""Glue job `audit-dataset`: evaluates the quality suites on a run's branches, before they are published.

Arguments: --dataset (a folder of lakehouse_glue), --database, --lake_bucket, --data_docs_bucket, --run,
--max_shrink_share (default 0.1: share of its published rows that a table may lose). Writes quality/<run>/results.json
into the lake and Data Docs into their bucket, below <run>/; expectations that fail do not fail the job, the pipeline's
gate reads them in the results.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import boto3
from lakehouse_glue.arguments import resolve_options, share
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import Lake, WriteObject, object_writer, s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.quality.context import MAX_SHRINK_SHARE, AuditContext
from lakehouse_glue.quality.versions import audited_tables, published_rows
from lakehouse_glue.run_documents import read_run_document
from lakehouse_glue.session import get_session, size_shuffles
from pyspark.sql import SparkSession

# Imports Great Expectations, which takes as long as Spark takes to start: the two go on side by side.
AUDIT = "lakehouse_glue.quality.audit"


def main(
    spark: SparkSession,
    lake: Lake,
    database: str,
    write_page: WriteObject,
    dataset: str,
    run: str,
    evaluated_at: datetime,
    max_shrink_share: float = MAX_SHRINK_SHARE,
) -> dict[str, Any]:
    """The content of results.json."""
    quality = import_module(AUDIT)
    suites = quality.suites_of(dataset)
    document = read_run_document(lake, run)
    size_shuffles(spark, max(table["rows"] for table in document["tables"].values()))
    audit = AuditContext(document, published_rows(spark, database, document), evaluated_at, max_shrink_share)
    return quality.audit_run(lake, write_page, suites, audited_tables(spark, database, document), audit)


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["dataset", "database", "lake_bucket", "data_docs_bucket", "run"],
        {"max_shrink_share": str(MAX_SHRINK_SHARE)},
    )
    s3 = boto3.client("s3")
    with ThreadPoolExecutor(1) as pool:
        imported = pool.submit(import_module, AUDIT)
        spark = get_session()
        imported.result()
    main(
        spark,
        s3_lake(s3, options["lake_bucket"]),
        options["database"],
        object_writer(s3, options["data_docs_bucket"]),
        options["dataset"],
        options["run"],
        datetime.now(UTC),
        share(options, "max_shrink_share"),
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
