"""The job: the files of a claim to a branch of the tables, and, last, the run document."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_contract.datasets import STOCK_PRICES
from lakehouse_contract.stock_claims import Claim
from lakehouse_contract.stock_ledger import DUPLICATE, LOADED, Outcome, Processing, file_entry, ledger_row
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import BranchTable, open_branches
from lakehouse_glue.lake import Lake
from lakehouse_glue.quality.evaluation import count_outcomes
from lakehouse_glue.quality.expectations import CRITICAL
from lakehouse_glue.run_documents import run_document, write_run_document
from lakehouse_glue.stocks.accounting.reconciliation import reconcile
from lakehouse_glue.stocks.claims.claim import read_claim, record_attempt
from lakehouse_glue.stocks.claims.ledger import loaded_files
from lakehouse_glue.stocks.claims.screening import screen
from lakehouse_glue.stocks.claims.standing import standing_contents
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.months.quality import evaluate_months
from lakehouse_glue.stocks.months.summary import MonthSummary
from lakehouse_glue.stocks.months.writing import write_months
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.parsing.source import parse_files, source_of
from lakehouse_glue.stocks.tables import LEDGER, PRICES, REJECTS, files_by_month, row_count

logger = logging.getLogger(__name__)


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


def ingest_claim(spark: SparkSession, lake: Lake, job: JobArguments) -> dict[str, Any]:
    """Write the prices, rejects and ledger rows of a claim to the run's branch; returns the run document.

    Raises BadInputError, before the run document is written, when a row of the claim breaks a rule on its branch.
    """
    started_at = datetime.now(UTC)
    objects = Objects(lake.root)
    claim = read_claim(lake, job.claim_key)
    feeds = read_feeds()
    tables = open_branches(spark, lake.root, job.database, STOCK_PRICES.tables, job.run)
    known = loaded_files(tables[LEDGER], {file.checksum for file in claim.files.values()})
    standing = standing_contents(tables[PRICES], known)
    published = files_by_month(tables[PRICES], tables[PRICES].base_snapshot_id)
    # A failure up to here is the deployment's, whatever the files hold.
    record_attempt(lake, claim, job.run)
    screening = screen(claim, objects, feeds, standing)
    source = source_of(objects, claim.files, screening.layouts)
    with parse_files(spark, source, job.max_reject_share, job.today) as parsed:
        written = write_months(spark, parsed, tables[PRICES], published, job.today)
    told = {number: file for number, file in claim.files.items() if number not in screening.postponed}
    loaded = reconcile(spark, parsed, written, tables[PRICES], tables[REJECTS], told.values(), job.today)
    quality = _check_quality(spark, list(written.months.values()))
    outcomes = screening.outcomes | parsed.quarantined | loaded
    outcomes |= {number: _repeated(outcomes[latest], claim, latest) for number, latest in screening.repeats.items()}
    processing = Processing(job.run, job.run_id, started_at, datetime.now(UTC))
    entries = [file_entry(file, outcomes[number], job.today) for number, file in told.items()]
    _log_outcomes(entries, written.months, quality)
    _append_ledger(spark, lake.root, tables[LEDGER], entries, processing)
    document = _run_document(claim, processing, tables, entries, quality)
    write_run_document(lake, document)
    return document


def _repeated(outcome: Outcome, claim: Claim, number: int) -> Outcome:
    """The outcome of a file with the content of another one of the claim."""
    if outcome.status == LOADED:
        return Outcome(DUPLICATE, f"The same content is loaded as {claim.files[number].name}.")
    return outcome


def _append_ledger(
    spark: SparkSession, root: str, ledger: BranchTable, entries: list[dict[str, Any]], processing: Processing
) -> None:
    rows = [ledger_row(entry, processing, root) for entry in entries]
    values = [tuple(row[name] for name in ledger.declaration.by_name) for row in rows]
    ledger.append(
        spark.createDataFrame(values, ledger.declaration.schema).coalesce(1).sort("year", "month", "arrived_at")
    )


def _run_document(
    claim: Claim,
    processing: Processing,
    tables: Mapping[str, BranchTable],
    entries: list[dict[str, Any]],
    quality: dict[str, int],
) -> dict[str, Any]:
    counts = {name: sum(entry[name] for entry in entries) for name in ("rows_in", "rows_rejected")}
    rows = {name: row_count(table) for name, table in tables.items()}
    sources = {"stock_files": {"rows": counts["rows_in"], "rejected_rows": counts["rows_rejected"]}}
    return run_document(processing.run, processing.run_id, tables, rows, sources) | {
        "claim": claim.claim_id,
        "claimed_at": claim.claimed_at,
        "started_at": processing.started_at.isoformat(),
        "files": entries,
        "quality": quality,
    }


def _check_quality(spark: SparkSession, summaries: list[MonthSummary]) -> dict[str, int]:
    entries = evaluate_months(spark, summaries) if summaries else []
    failed = [entry for entry in entries if not entry["is_successful"]]
    for entry in failed:
        logger.error("%(severity)s: %(table)s: %(description)s: %(observed)s", entry)
    critical = [entry["description"] for entry in failed if entry["severity"] == CRITICAL.value]
    if critical:
        raise BadInputError(f"The months of stock_prices cannot be published, for this is not true: {critical[0]}.")
    return count_outcomes(entries)


def _log_outcomes(entries: list[dict[str, Any]], months: Mapping[str, MonthSummary], quality: dict[str, int]) -> None:
    for entry in entries:
        logger.info("%(name)s: %(status)s, %(rows_in)d rows in, %(rows_out)d out, %(rows_rejected)d rejected", entry)
        if entry["reason"]:
            logger.info("%(name)s: %(reason)s", entry)
    logger.info("%d months written, quality %s", len(months), quality)
