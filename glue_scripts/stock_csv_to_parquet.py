"""Glue job `stock-csv-to-parquet`: the CSV files of a claim to a branch of stock_prices and the tables beside it.

Arguments: --JOB_RUN_ID (from Glue; names the branch), --lake_bucket, --database, --claim (key of the claim.json),
--run_id (Airflow's), --max_reject_share (default 0.05: share of a file's rows that may be bad before it goes to
quarantine).
"""

import sys
from datetime import UTC, datetime

import boto3
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.outages import outages_marked
from lakehouse_glue.session import get_session
from lakehouse_glue.stocks.job import JobArguments, ingest_claim

from lakehouse_contract.stock_claims import no_fault_mark


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:], ["JOB_RUN_ID", "lake_bucket", "database", "claim", "run_id"], {"max_reject_share": "0.05"}
    )
    job = JobArguments(
        options["JOB_RUN_ID"],
        options["run_id"],
        options["database"],
        options["claim"],
        reject_share(options["max_reject_share"]),
        datetime.now(UTC).date(),
    )
    with outages_marked(no_fault_mark(job.run)):
        ingest_claim(get_session(), s3_lake(boto3.client("s3"), options["lake_bucket"]), job)


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
