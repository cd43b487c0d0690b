"""Glue job `transform-to-star-schema`: the raw tables to an unpublished snapshot of the star schema.

Arguments: --JOB_RUN_ID (from Glue; names the snapshot), --database, --lake_bucket, --tokenization_secret,
--run_id (Airflow's), --max_reject_share (default 0.01: share of a source's rows that may be rejected).
"""

import sys
from collections.abc import Callable

import boto3
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.catalog import secret_text, table_location
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import Lake, s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.session import get_session
from lakehouse_glue.star_schema.snapshot import Run, build_snapshot
from lakehouse_glue.star_schema.sources import read_sources
from pyspark.sql import SparkSession


def main(spark: SparkSession, lake: Lake, location_of: Callable[[str], str], token_key: bytes, run: Run) -> None:
    """`location_of` gives a raw table's location."""
    build_snapshot(spark, lake, read_sources(spark, location_of), token_key, run)


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["JOB_RUN_ID", "database", "lake_bucket", "tokenization_secret", "run_id"],
        {"max_reject_share": "0.01"},
    )
    glue = boto3.client("glue")
    run = Run(options["JOB_RUN_ID"], options["run_id"], reject_share(options["max_reject_share"]))
    main(
        get_session(),
        s3_lake(boto3.client("s3"), options["lake_bucket"]),
        lambda table: table_location(glue, options["database"], table),
        secret_text(boto3.client("secretsmanager"), options["tokenization_secret"]).encode(),
        run,
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
