"""The job: the files of a claim to a branch of the tables, and, last, the run document."""

import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pyspark.sql import SparkSession

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_contract.datasets import STOCK_PRICES
from lakehouse_glue.arrivals.claims import read_claim, record_attempt
from lakehouse_glue.arrivals.job import JobArguments
from lakehouse_glue.arrivals.ledger import loaded_files
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.outcomes import describe_run, outcomes_of
from lakehouse_glue.arrivals.rejects import told_anew
from lakehouse_glue.arrivals.screening import screen
from lakehouse_glue.arrivals.source import source_of
from lakehouse_glue.arrivals.standing import standing_contents
from lakehouse_glue.data_files import files_by_month
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import open_branches
from lakehouse_glue.lake import Lake
from lakehouse_glue.quality.evaluation import count_outcomes
from lakehouse_glue.quality.expectations import CRITICAL
from lakehouse_glue.run_documents import write_run_document
from lakehouse_glue.stocks.accounting.reconciliation import reconcile
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.layout import find_layout
from lakehouse_glue.stocks.months.quality import evaluate_months
from lakehouse_glue.stocks.months.summary import MonthSummary
from lakehouse_glue.stocks.months.writing import write_months
from lakehouse_glue.stocks.parsing.source import parse_files

PRICES = "stock_prices"
REJECTS = "stock_price_rejects"
logger = logging.getLogger(__name__)


def ingest_claim(spark: SparkSession, lake: Lake, job: JobArguments) -> dict[str, Any]:
    """Write the prices, rejects and ledger rows of a claim to the run's branch; returns the run document.

    Raises BadInputError, before the run document is written, when a row of the claim breaks a rule on its branch.
    """
    started_at = datetime.now(UTC)
    objects = Objects(lake.root)
    claim = read_claim(lake, job.claim_key)
    feeds = read_feeds()
    tables = open_branches(spark, lake.root, job.database, STOCK_PRICES.tables, job.run)
    known = loaded_files(tables[STOCK_FILES.ledger], {file.checksum for file in claim.files.values()})
    standing = standing_contents(tables[PRICES], known)
    published = files_by_month(tables[PRICES], tables[PRICES].base_snapshot_id)
    # A failure up to here is the deployment's, whatever the files hold.
    record_attempt(lake, STOCK_FILES, claim, job.run)
    screening = screen(claim, objects, partial(find_layout, feeds=feeds), standing)
    source = source_of(objects, claim.files, screening.layouts)
    with parse_files(spark, source, job.max_reject_share, job.today) as parsed:
        written = write_months(spark, parsed, tables[PRICES], published, job.today)
    told = told_anew(claim, screening, known)
    loaded = reconcile(spark, parsed, written, tables[PRICES], tables[REJECTS], told, job.today)
    quality = _check_quality(spark, list(written.months.values()))
    outcomes = outcomes_of(claim, screening, parsed.quarantined | loaded)
    document = describe_run(STOCK_FILES, lake, job, claim, tables, outcomes, started_at) | {"quality": quality}
    logger.info("%d months written, quality %s", len(written.months), quality)
    write_run_document(lake, document)
    return document


def _check_quality(spark: SparkSession, summaries: list[MonthSummary]) -> dict[str, int]:
    entries = evaluate_months(spark, summaries) if summaries else []
    failed = [entry for entry in entries if not entry["is_successful"]]
    for entry in failed:
        logger.error("%(severity)s: %(table)s: %(description)s: %(observed)s", entry)
    critical = [entry["description"] for entry in failed if entry["severity"] == CRITICAL.value]
    if critical:
        raise BadInputError(f"The months of stock_prices cannot be published, for this is not true: {critical[0]}.")
    return count_outcomes(entries)
