"""Publishing the runs of claims: what the tests of publication share."""

from typing import Any

import pytest
from lakehouse_aws.arrivals.claim_files import ClaimFilesOperator
from lakehouse_aws.arrivals.publish import PublishClaimOperator

from lakehouse_contract.arrivals.claims import attempt_key, claim_of
from lakehouse_contract.arrivals.kinds import STOCK_FILES
from tests.plugins.arrivals_lake import FEW_SALES_FILES, ArrivalsLake

EACH_KIND = pytest.mark.parametrize("kind", [STOCK_FILES, FEW_SALES_FILES], ids=lambda kind: kind.name)


def record_attempt(arrivals_lake: ArrivalsLake, claim: dict[str, Any], run: str) -> None:
    key = attempt_key(arrivals_lake.arrivals, claim_of(arrivals_lake.arrivals, claim["claim"]), run)
    arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=key, Body=b"{}")


def publish(arrivals_lake: ArrivalsLake, run: str) -> dict[str, Any]:
    return PublishClaimOperator(
        task_id="publish",
        arrivals=arrivals_lake.arrivals,
        bucket=arrivals_lake.bucket,
        database=arrivals_lake.database,
        run=run,
    ).execute({})


def claim_files(arrivals_lake: ArrivalsLake, run_id: str = "next") -> dict[str, Any]:
    """What the task does; the job runs of these tests are of no Glue job, so no claim counts as failed."""
    return ClaimFilesOperator(
        task_id="claim_files",
        bucket=arrivals_lake.bucket,
        database=arrivals_lake.database,
        arrivals=arrivals_lake.arrivals,
        settle_seconds=0,
        stray_seconds=3600,
    ).execute({"run_id": run_id})


def heads(arrivals_lake: ArrivalsLake) -> dict[str, int | None]:
    return {name: arrivals_lake.publication.versions(name).main for name in arrivals_lake.arrivals.dataset.tables}
