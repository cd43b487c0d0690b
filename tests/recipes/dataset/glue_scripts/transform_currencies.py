"""Glue job `transform-currencies`: the files at reference/currencies/ to a branch of the table.

Arguments: --JOB_RUN_ID (from Glue; names the run and its branch), --database, --lake_bucket, --run_id (Airflow's).
"""

import sys

import boto3
from lakehouse_glue.arguments import resolve_options
from lakehouse_glue.currencies.build import load_currencies
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.session import get_session


def run_from_arguments() -> None:
    options = resolve_options(sys.argv[1:], ["JOB_RUN_ID", "database", "lake_bucket", "run_id"])
    lake = s3_lake(boto3.client("s3"), options["lake_bucket"])
    load_currencies(get_session(), lake, options["database"], options["JOB_RUN_ID"], options["run_id"])


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
