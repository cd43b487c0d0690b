"""Glue job `stock-csv-to-parquet`: the CSV files of a claim to unpublished partitions of the table stock_prices.

Arguments: --JOB_RUN_ID (from Glue; names the load), --lake_bucket, --claim (key of the claim.json), --run_id
(Airflow's), --max_reject_share (default 0.05: share of a file's rows that may be bad before it goes to quarantine).
"""

import sys
from datetime import UTC, datetime

import boto3
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.session import get_session
from lakehouse_glue.stocks.load import Run, build_load


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:], ["JOB_RUN_ID", "lake_bucket", "claim", "run_id"], {"max_reject_share": "0.05"}
    )
    run = Run(
        options["JOB_RUN_ID"],
        options["run_id"],
        options["claim"],
        reject_share(options["max_reject_share"]),
        datetime.now(UTC).date(),
    )
    build_load(get_session(), s3_lake(boto3.client("s3"), options["lake_bucket"]), run)


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
