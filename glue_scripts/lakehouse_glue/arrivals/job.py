"""Jobs that ingest a claim: what they are told, and how they begin."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import boto3
from pyspark.sql import SparkSession

from lakehouse_contract.arrivals.claims import no_fault_mark
from lakehouse_glue.arguments import reject_share, resolve_options
from lakehouse_glue.lake import Lake, s3_lake
from lakehouse_glue.outages import outages_marked
from lakehouse_glue.session import get_session


@dataclass(frozen=True)
class JobArguments:
    """The id of the job run, Airflow's run id, the Glue database, the claim's key, the share of a file's rows that may
    be bad, and the day, dates after which are in the future.
    """

    run: str
    run_id: str
    database: str
    claim_key: str
    max_reject_share: float
    today: date


def run_from_arguments(ingest_claim: Callable[[SparkSession, Lake, JobArguments], Any]) -> None:
    """Run a job with the arguments that Glue has given it.

    These are --JOB_RUN_ID (from Glue; names the branch), --lake_bucket, --database, --claim (key of the claim.json),
    --run_id (Airflow's), --max_reject_share (default 0.05: share of a file's rows that may be bad before it goes to
    quarantine). An error that is no fault of the claim's files is marked as such, for the next claim to know.
    """
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
