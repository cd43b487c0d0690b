"""Glue job `market-data-to-ohlcv`: the answers of one ingest of market data to the branches of the dataset's tables.

Arguments: --JOB_RUN_ID (from Glue; names the run and its branches), --database, --lake_bucket, --raw_bucket,
--raw_manifest (key of the ingest's manifest in the raw bucket), --run_id (Airflow's), --max_reject_share (default 0.25:
share of the bars that may be rejected).
"""

import sys

import boto3
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.errors import run_job
from lakehouse_glue.lake import s3_lake
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.market_data.build import Run, load_market_data
from lakehouse_glue.market_data.raw_answers import read_manifest
from lakehouse_glue.session import get_session


def run_from_arguments() -> None:
    options = resolve_options(
        sys.argv[1:],
        ["JOB_RUN_ID", "database", "lake_bucket", "raw_bucket", "raw_manifest", "run_id"],
        {"max_reject_share": "0.25"},
    )
    s3 = boto3.client("s3")
    manifest = read_manifest(s3, options["raw_bucket"], options["raw_manifest"])
    load_market_data(
        get_session(),
        s3_lake(s3, options["lake_bucket"]),
        options["database"],
        f"s3://{options['raw_bucket']}",
        manifest,
        Run(options["JOB_RUN_ID"], options["run_id"], reject_share(options["max_reject_share"])),
    )


if __name__ == "__main__":
    configure_logging()
    run_job(run_from_arguments)
