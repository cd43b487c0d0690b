"""Glue job `transform-to-star-schema`: an archive of the raw tables to the branches of the star schema's tables.

Arguments: --JOB_RUN_ID (from Glue; names the run and its branches), --database (of the star schema), --lake_bucket,
--raw_bucket, --raw_manifest (key of the archive's manifest in the raw bucket), --tokenization_secret, --run_id
(Airflow's), --max_reject_share (default 0.01: share of a source's rows that may be rejected).
"""

import sys

import boto3
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.catalog import secret_text
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.raw_archive import archived_locations
from lakehouse_glue.session import get_session
from lakehouse_glue.star_schema.build import Run, build_star_schema


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["JOB_RUN_ID", "database", "lake_bucket", "raw_bucket", "raw_manifest", "tokenization_secret", "run_id"],
        {"max_reject_share": "0.01"},
    )
    s3 = boto3.client("s3")
    build_star_schema(
        get_session(),
        s3_lake(s3, options["lake_bucket"]),
        options["database"],
        archived_locations(s3, options["raw_bucket"], options["raw_manifest"]),
        secret_text(boto3.client("secretsmanager"), options["tokenization_secret"]).encode(),
        Run(options["JOB_RUN_ID"], options["run_id"], reject_share(options["max_reject_share"])),
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
