"""One load: the files of a claim to the touched partitions, the rejects and, last, the load manifest."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake
from lakehouse_glue.quality.evaluation import count_outcomes
from lakehouse_glue.stocks.claim import Claim, read_claim, record_attempt
from lakehouse_glue.stocks.commits import latest_commit
from lakehouse_glue.stocks.declarations import read_feeds
from lakehouse_glue.stocks.ledger import loaded_files
from lakehouse_glue.stocks.manifest import DUPLICATE, LOADED, Outcome, file_entry, write_manifest
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.quality import evaluate_partitions
from lakehouse_glue.stocks.reconciling import reconcile
from lakehouse_glue.stocks.screening import screen
from lakehouse_glue.stocks.standing import standing_contents
from lakehouse_glue.stocks.summary import PartitionSummary
from lakehouse_glue.stocks.writing import parse_files, source_of, write_partitions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """One run of the job: its load, Airflow's run id, the claim's key, the share of a file's rows that may be bad, and
    the day, dates after which are in the future.
    """

    load: str
    run_id: str
    claim_key: str
    max_reject_share: float
    today: date


def build_load(spark: SparkSession, lake: Lake, run: Run) -> dict[str, Any]:
    """Write the partitions, rejects and manifest of a load; the manifest is returned.

    Raises BadInputError, before the manifest is written, when what was written breaks a rule.
    """
    started_at = datetime.now(UTC)
    objects = Objects(lake.root)
    claim = read_claim(lake, run.claim_key)
    feeds = read_feeds()
    commit = latest_commit(lake, objects)
    contents = {file.checksum for file in claim.files.values()}
    standing = standing_contents(spark, commit, loaded_files(lake, objects, commit), contents)
    # A failure up to here is the deployment's, whatever the files hold.
    record_attempt(lake, claim, run.load)
    screening = screen(claim, objects, feeds, standing)
    source = source_of(objects, claim.files, screening.layouts)
    prefix = f"analytics/stock_prices/load={run.load}/"
    if objects.keys(prefix):
        raise BadInputError(
            f"There are files at {lake.root}/{prefix} already: a load is written once, so start another."
        )
    with parse_files(spark, source, run.max_reject_share, run.today) as parsed:
        written = write_partitions(spark, parsed, commit, prefix, run.today)
    rejects_location = f"{lake.root}/analytics/stock_price_rejects/load={run.load}/"
    loaded, rejects = reconcile(spark, parsed, written, rejects_location, run.today)
    quality = _check_quality(spark, list(written.partitions.values()))
    outcomes = screening.outcomes | parsed.quarantined | loaded
    outcomes |= {number: _repeated(outcomes[latest], claim, latest) for number, latest in screening.repeats.items()}
    manifest = {
        "load": run.load,
        "run_id": run.run_id,
        "claim": claim.claim_id,
        "base_commit": commit.number,
        "started_at": started_at.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
        "files": [
            file_entry(file, outcomes[number])
            for number, file in claim.files.items()
            if number not in screening.postponed
        ],
        "partitions": [
            {"year": partition.year, "month": partition.month, "location": partition.location, "rows": summary.rows}
            for partition, summary in written.partitions.items()
        ],
        "rejects": rejects,
        "quality": quality,
    }
    _log_outcomes(manifest)
    write_manifest(lake, manifest)
    return manifest


def _repeated(outcome: Outcome, claim: Claim, number: int) -> Outcome:
    """The outcome of a file with the content of another one of the claim."""
    if outcome.status == LOADED:
        return Outcome(DUPLICATE, f"The same content is loaded as {claim.files[number].name}.")
    return outcome


def _check_quality(spark: SparkSession, summaries: list[PartitionSummary]) -> dict[str, int]:
    entries = evaluate_partitions(spark, summaries) if summaries else []
    for entry in entries:
        if not entry["is_successful"]:
            logger.error("%(severity)s: %(table)s: %(description)s: %(observed)s", entry)
    counts = count_outcomes(entries)
    if counts["failed_critical"]:
        failed = [entry["description"] for entry in entries if not entry["is_successful"]]
        raise BadInputError(f"The partitions of stock_prices were not published, for this is not true: {failed[0]}.")
    return counts


def _log_outcomes(manifest: Mapping[str, Any]) -> None:
    for file in manifest["files"]:
        logger.info("%(name)s: %(status)s, %(rows_in)d rows in, %(rows_out)d out, %(rows_rejected)d rejected", file)
        if file["reason"]:
            logger.info("%(name)s: %(reason)s", file)
    logger.info("%d partitions written, quality %s", len(manifest["partitions"]), manifest["quality"])
