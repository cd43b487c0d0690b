"""The job: the files of a claim to the run's branches of all tables of sales, and, last, the run document."""

import logging
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.arrivals.kinds import SALES_FILES
from lakehouse_contract.arrivals.ledger import LOADED, Outcome
from lakehouse_contract.datasets import SALES
from lakehouse_glue.arrivals.claims import read_claim, record_attempt
from lakehouse_glue.arrivals.counts import count_files, lines_before_splits
from lakehouse_glue.arrivals.job import JobArguments
from lakehouse_glue.arrivals.ledger import EPOCH, MICROSECOND, last_loaded, loaded_files
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.outcomes import describe_run, outcomes_of
from lakehouse_glue.arrivals.rejects import told_anew, write_rejects
from lakehouse_glue.arrivals.rows_by_file import RowsByFile, count_rows_by_file
from lakehouse_glue.arrivals.screening import screen
from lakehouse_glue.arrivals.source import source_of
from lakehouse_glue.arrivals.standing import standing_contents
from lakehouse_glue.changes import write_if_changed
from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.data_files import files_by_month
from lakehouse_glue.iceberg import BranchTable, open_branches
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import write_run_document
from lakehouse_glue.sales.duplicates import lost_records
from lakehouse_glue.sales.layout import find_layout
from lakehouse_glue.sales.lines import Lines
from lakehouse_glue.sales.months import write_orders
from lakehouse_glue.sales.parsing import Parsed, parse_files
from lakehouse_glue.sales.records import year_and_month
from lakehouse_glue.sales.rejects import find_rejects
from lakehouse_glue.sales.tables import add_up, build_dim_products, build_dim_regions, build_regionalsales
from lakehouse_glue.session import size_shuffles

ORDERS = "fact_sales"
SUMS = "regionalsales"
PRODUCTS = "dim_products"
REGIONS = "dim_regions"
REJECTS = "sales_rejects"
# Records hold many rows each: the more of them are in a batch, the more memory it takes.
RECORDS_PER_BATCH = 16
ARROW_BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"
# Of what is asked before the files are read, and of the sums, which are formed before they are shuffled.
FEW_ROWS = 0
Branches = Mapping[str, BranchTable]
logger = logging.getLogger(__name__)


def ingest_claim(spark: SparkSession, lake: Lake, job: JobArguments) -> dict[str, Any]:
    """Write orders, dimensions, sums, rejects and ledger rows of a claim to the run's branches; returns the document.

    Raises RuntimeError, before the run document is written, where a row of a file would be lost.
    """
    started_at = datetime.now(UTC)
    size_shuffles(spark, FEW_ROWS)
    objects = Objects(lake.root)
    claim = read_claim(lake, job.claim_key)
    branches = open_branches(spark, lake.root, job.database, SALES.tables, job.run)
    ledger = branches[SALES_FILES.ledger]
    known = loaded_files(ledger, {file.checksum for file in claim.files.values()})
    standing = standing_contents(branches[ORDERS], known, last_loaded(ledger))
    # A failure up to here is the deployment's, whatever the files hold.
    record_attempt(lake, SALES_FILES, claim, job.run)
    screening = screen(claim, objects, find_layout, standing)
    told = told_anew(claim, screening, known)
    source = source_of(objects, claim.files, screening.layouts)
    with parse_files(spark, source, job.max_reject_share, job.today) as parsed:
        loaded = _load(spark, parsed, branches, told)
    _write_sums(branches)
    outcomes = outcomes_of(claim, screening, parsed.quarantined | loaded)
    document = describe_run(SALES_FILES, lake, job, claim, branches, outcomes, started_at)
    write_run_document(lake, document)
    return document


def _load(spark: SparkSession, parsed: Parsed, branches: Branches, told: Collection[ClaimedFile]) -> dict[int, Outcome]:
    """Write orders and rejects; the outcomes of the usable files."""
    orders, rejects = branches[ORDERS], branches[REJECTS]
    if not parsed.source.files:
        write_rejects(rejects, None, told)
        return {}
    published = files_by_month(orders, orders.base_snapshot_id)
    published_rows = sum(file.rows for files in published.values() for file in files)
    size_shuffles(spark, published_rows + sum(parsed.good_rows.values()))
    lines = Lines(lines_before_splits(parsed.counts, parsed.source.header_lines))
    with ExitStack() as kept:
        rows_per_batch = spark.conf.get(ARROW_BATCH)
        kept.callback(spark.conf.set, ARROW_BATCH, rows_per_batch)
        spark.conf.set(ARROW_BATCH, RECORDS_PER_BATCH)
        lost = lost_records(parsed, orders, rejects, lines, kept)
        months = write_orders(parsed, lost, lines, orders, published)
        spark.conf.set(ARROW_BATCH, rows_per_batch)
        logger.info("%d months written, of %d published ones", len(months), len(published))
        found = find_rejects(parsed, lost, lines, orders).persist()
        kept.callback(found.unpersist)
        rejected = _count(found)
        write_rejects(rejects, found if rejected else None, told)
        return _account(parsed, count_rows_by_file(orders, parsed.source.files.values()), rejected)


def _account(parsed: Parsed, out: RowsByFile, rejected: RowsByFile) -> dict[int, Outcome]:
    """The outcomes of the files, whose rows are counted where they are: each one is in one of the tables."""
    files, totals = parsed.source.files, count_files(parsed.counts)
    outcomes = {}
    for number, file in files.items():
        rows, good = totals[number].rows, totals[number].good_rows
        rows_out, rows_rejected = (counted.get((file.name, file.arrived_at), 0) for counted in (out, rejected))
        months = (year_and_month(part) for part in sorted(parsed.months.get(number, ())))
        named = tuple(f"{year:04d}-{month:02d}" for year, month in months)
        outcomes[number] = Outcome(LOADED, None, rows, rows_out, rows_rejected, good - rows_out, named)
        if rows != rows_out + rows_rejected:
            raise RuntimeError(f"{file.name}: the rows do not add up: {outcomes[number]}")
    return outcomes


def _count(rows: DataFrame) -> RowsByFile:
    counted = rows.groupBy("source_file", f.unix_micros("arrived_at").alias("micros")).count().collect()
    return {(row["source_file"], EPOCH + row["micros"] * MICROSECOND): row["count"] for row in counted}


def _write_sums(branches: Branches) -> None:
    """Add up all orders as the run leaves them, and keep the dimensions of those that there are."""
    size_shuffles(branches[ORDERS].spark, FEW_ROWS)
    sums = add_up(branches[ORDERS].read()).persist()
    regions = build_dim_regions(sums, branches[REGIONS].read_published()).persist()
    products = build_dim_products(sums, branches[PRODUCTS].read_published()).persist()
    in_parallel(
        {
            REGIONS: partial(write_if_changed, branches[REGIONS], regions),
            PRODUCTS: partial(write_if_changed, branches[PRODUCTS], products),
            SUMS: partial(write_if_changed, branches[SUMS], build_regionalsales(sums, regions, products)),
        }
    )
    for frame in (sums, regions, products):
        frame.unpersist()
