"""Glue job `audit-star-schema`: evaluates the quality suites on an unpublished snapshot.

Arguments: --database, --lake_bucket, --data_docs_bucket, --snapshot, --max_shrink_share (default 0.1: share of its
published rows that a table may lose). Writes quality/<snapshot>/results.json into the lake and Data Docs into their
bucket, below <snapshot>/; expectations that fail do not fail the job, the pipeline's gate reads them in the results.
"""

import json
import logging
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from lakehouse_glue.arguments import resolve_options, share
from lakehouse_glue.catalog import published_snapshot
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import Lake, WriteObject, object_writer, s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.quality.data_docs import publish_data_docs
from lakehouse_glue.quality.evaluation import create_context
from lakehouse_glue.session import get_session
from lakehouse_glue.star_schema.manifest import read_manifest
from lakehouse_glue.star_schema.quality.context import MAX_SHRINK_SHARE, AuditContext
from lakehouse_glue.star_schema.quality.evaluation import evaluate, now, summarize
from lakehouse_glue.star_schema.snapshot import read_tables
from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)


def main(
    spark: SparkSession,
    lake: Lake,
    write_page: WriteObject,
    published_snapshot_of: Callable[[str], str | None],
    snapshot: str,
    evaluated_at: datetime,
    max_shrink_share: float = MAX_SHRINK_SHARE,
) -> dict[str, Any]:
    """The content of results.json. `published_snapshot_of` gives the snapshot that a published table points to."""
    published = published_snapshot_of("fact_transactions")
    audit = AuditContext(
        read_manifest(lake, snapshot),
        read_manifest(lake, published) if published else None,
        evaluated_at,
        max_shrink_share,
    )
    with tempfile.TemporaryDirectory() as directory:
        context = create_context(Path(directory))
        validations = evaluate(context, read_tables(spark, audit.manifest), audit)
        context.build_data_docs()
        results = summarize(snapshot, validations, audit)
        publish_data_docs(Path(directory), write_page, snapshot, results)
    lake.write(f"quality/{snapshot}/results.json", json.dumps(results, indent=2).encode(), "application/json")
    for entry in results["results"]:
        if not entry["is_successful"]:
            logger.warning("%(severity)s: %(table)s: %(description)s: %(observed)s", entry)
    logger.info("%s", results["summary"])
    return results


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["database", "lake_bucket", "data_docs_bucket", "snapshot"],
        {"max_shrink_share": str(MAX_SHRINK_SHARE)},
    )
    glue, s3 = boto3.client("glue"), boto3.client("s3")
    main(
        get_session(),
        s3_lake(s3, options["lake_bucket"]),
        object_writer(s3, options["data_docs_bucket"]),
        lambda table: published_snapshot(glue, options["database"], table),
        options["snapshot"],
        now(),
        share(options, "max_shrink_share"),
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
