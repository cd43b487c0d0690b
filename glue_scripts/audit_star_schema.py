"""Glue job `audit-star-schema`: evaluates the quality suites on a run's branches, before they are published.

Arguments: --database, --lake_bucket, --data_docs_bucket, --run, --max_shrink_share (default 0.1: share of its published
rows that a table may lose). Writes quality/<run>/results.json into the lake and Data Docs into their bucket, below
<run>/; expectations that fail do not fail the job, the pipeline's gate reads them in the results.
"""

import json
import logging
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from lakehouse_glue.arguments import resolve_options, share
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import Lake, WriteObject, object_writer, s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.quality.data_docs import publish_data_docs
from lakehouse_glue.quality.evaluation import create_context
from lakehouse_glue.run_documents import read_run_document
from lakehouse_glue.session import get_session
from lakehouse_glue.star_schema.quality.context import MAX_SHRINK_SHARE, AuditContext
from lakehouse_glue.star_schema.quality.evaluation import evaluate, now, summarize
from lakehouse_glue.star_schema.quality.versions import audited_tables, published_rows
from pyspark.sql import SparkSession

from lakehouse_contract.quality import quality_results_key

logger = logging.getLogger(__name__)


def main(
    spark: SparkSession,
    lake: Lake,
    database: str,
    write_page: WriteObject,
    run: str,
    evaluated_at: datetime,
    max_shrink_share: float = MAX_SHRINK_SHARE,
) -> dict[str, Any]:
    """The content of results.json."""
    document = read_run_document(lake, run)
    audit = AuditContext(document, published_rows(spark, database, document), evaluated_at, max_shrink_share)
    with tempfile.TemporaryDirectory() as directory:
        context = create_context(Path(directory))
        validations = evaluate(context, audited_tables(spark, database, document), audit)
        context.build_data_docs()
        results = summarize(run, validations, audit)
        publish_data_docs(Path(directory), write_page, run, results)
    lake.write(quality_results_key(run), json.dumps(results, indent=2).encode(), "application/json")
    for entry in results["results"]:
        if not entry["is_successful"]:
            logger.warning("%(severity)s: %(table)s: %(description)s: %(observed)s", entry)
    logger.info("%s", results["summary"])
    return results


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["database", "lake_bucket", "data_docs_bucket", "run"],
        {"max_shrink_share": str(MAX_SHRINK_SHARE)},
    )
    s3 = boto3.client("s3")
    main(
        get_session(),
        s3_lake(s3, options["lake_bucket"]),
        options["database"],
        object_writer(s3, options["data_docs_bucket"]),
        options["run"],
        now(),
        share(options, "max_shrink_share"),
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
