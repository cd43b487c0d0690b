"""Glue job `transform-to-star-schema`: the raw tables to an unpublished snapshot of the star schema.

Arguments: --JOB_RUN_ID (from Glue; names the snapshot), --lake_bucket, --raw_bucket, --raw_manifest (key of the
manifest of the archived raw files), --tokenization_secret, --run_id (Airflow's), --max_reject_share (default 0.01:
share of a source's rows that may be rejected).
"""

import sys

import boto3
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.catalog import secret_text
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import Lake, s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.raw_archive import Locations, archived_locations
from lakehouse_glue.session import get_session
from lakehouse_glue.star_schema.changed_by_dms import read_changed_values
from lakehouse_glue.star_schema.snapshot import Run, build_snapshot
from lakehouse_glue.star_schema.sources import read_sources
from pyspark.sql import SparkSession


def main(spark: SparkSession, lake: Lake, locations: Locations, token_key: bytes, run: Run) -> None:
    """`locations` gives where the files of a raw table lie."""
    sources = read_sources(spark, locations)
    build_snapshot(spark, lake, sources, read_changed_values(spark, locations), token_key, run)


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["JOB_RUN_ID", "lake_bucket", "raw_bucket", "raw_manifest", "tokenization_secret", "run_id"],
        {"max_reject_share": "0.01"},
    )
    s3 = boto3.client("s3")
    run = Run(options["JOB_RUN_ID"], options["run_id"], reject_share(options["max_reject_share"]))
    main(
        get_session(),
        s3_lake(s3, options["lake_bucket"]),
        archived_locations(s3, options["raw_bucket"], options["raw_manifest"]),
        secret_text(boto3.client("secretsmanager"), options["tokenization_secret"]).encode(),
        run,
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
