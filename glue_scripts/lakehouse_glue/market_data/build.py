"""One run of the market data: its tables on branches of their own, every bar counted, and last the run's document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import HISTORY_REWRITTEN, IngestManifest, stored_symbol
from lakehouse_glue.changes import write_if_changed
from lakehouse_glue.checks import kept
from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.dimensions import IS_IN_SOURCE
from lakehouse_glue.iceberg import BranchTable, open_branches
from lakehouse_glue.lake import Lake
from lakehouse_glue.local_rows import local_frame
from lakehouse_glue.market_data.accounting import check_tables, count_bars, count_checked
from lakehouse_glue.market_data.answers import explode_bars, find_markets
from lakehouse_glue.market_data.bars import check_bars
from lakehouse_glue.market_data.instruments import (
    build_dim_instruments,
    choose_listings,
    explode_listings,
    infer_instruments,
)
from lakehouse_glue.market_data.measuring import write_metrics
from lakehouse_glue.market_data.merging import merge_bars, merge_rejects, new_rejects, prices_of
from lakehouse_glue.market_data.raw_answers import read_answers
from lakehouse_glue.months import (
    FINGERPRINTS,
    WrittenMonths,
    fingerprints_entry,
    in_months,
    months_of,
    write_changed_months,
)
from lakehouse_glue.run_documents import run_document, write_run_document
from lakehouse_glue.session import size_shuffles

Branches = Mapping[str, BranchTable]


@dataclass(frozen=True)
class Run:
    """One run of the job: its id, Airflow's run id, and the share of the bars that may be rejected."""

    run: str
    run_id: str
    max_reject_share: float


def load_market_data(
    spark: SparkSession, lake: Lake, database: str, raw_root: str, manifest: IngestManifest, run: Run
) -> dict[str, Any]:
    """Merge the answers of an ingest into what is published, on the run's branches; returns the run's document.

    Raises BadInputError, before a price is written, when more bars are rejected than allowed, and RuntimeError where a
    bar would be lost.

    :param raw_root: URL of the raw bucket
    """
    answers = read_answers(spark, raw_root, manifest.prices)
    branches = open_branches(spark, lake.root, database, MARKET_DATA.tables, run.run)
    prices, rejects = branches["market_prices"], branches["market_price_rejects"]
    watchlist = _watchlist(spark, manifest)
    listed = _listed(spark, raw_root, manifest, answers, watchlist)
    known = _reference_currencies(listed, branches["dim_instruments"])
    rewritten = {stored_symbol(missing.symbol) for missing in manifest.missing if missing.reason == HISTORY_REWRITTEN}
    checked = check_bars(explode_bars(answers), _trading_days(spark, manifest), known, rewritten).persist()
    of_answers = count_checked(checked, run.max_reject_share)
    size_shuffles(spark, of_answers.bars)
    bars = kept(checked)
    merged = merge_bars(bars, _published_in_months_of(bars, prices)).persist()
    counts = count_bars(of_answers, merged)
    not_taken = new_rejects(checked, merged).persist()
    results = in_parallel(
        {
            "dim_instruments": partial(_write_instruments, branches["dim_instruments"], listed, bars, watchlist),
            "market_prices": partial(write_changed_months, prices, prices_of(merged), lake, given=()),
            "market_price_rejects": partial(_write_rejects, rejects, not_taken, lake),
        }
    )
    written = {name: result for name, result in results.items() if result is not None}
    written |= write_metrics(branches, written["market_prices"].changed, lake)
    rows = check_tables(branches, counts, not_taken)
    spark.catalog.clearCache()
    sources = {"bars": {"rows": counts.bars, "rejected_rows": counts.rejected + counts.superseded}}
    document = run_document(run.run, run.run_id, branches, rows, sources) | {"bars": counts.as_dict()}
    document[FINGERPRINTS] = fingerprints_entry(branches, written)
    write_run_document(lake, document)
    return document


def _trading_days(spark: SparkSession, manifest: IngestManifest) -> DataFrame:
    days = [(date.fromisoformat(day),) for day in manifest.trading_days]
    return local_frame(spark, days, "trade_date date")


def _watchlist(spark: SparkSession, manifest: IngestManifest) -> DataFrame:
    watched = [(stored_symbol(watched.symbol), watched.sector) for watched in manifest.watchlist]
    return local_frame(spark, watched, "symbol string, sector string").dropDuplicates(["symbol"])


def _listed(
    spark: SparkSession, raw_root: str, manifest: IngestManifest, answers: DataFrame, watchlist: DataFrame
) -> DataFrame | None:
    """The listings of the watched symbols; None when the ingest asked for no reference data."""
    if not manifest.instruments:
        return None
    listings = explode_listings(read_answers(spark, raw_root, manifest.instruments))
    return choose_listings(listings, find_markets(answers), watchlist).persist()


def _reference_currencies(listed: DataFrame | None, dimension: BranchTable) -> DataFrame:
    """`symbol, currency_code` as the reference data says it, one row per symbol."""
    reference = dimension.read_published().filter(IS_IN_SOURCE) if listed is None else listed
    return reference.filter(f.col("symbol").isNotNull()).select("symbol", "currency_code")


def _write_instruments(branch: BranchTable, listed: DataFrame | None, bars: DataFrame, watchlist: DataFrame) -> None:
    instruments = build_dim_instruments(listed, branch.read_published(), infer_instruments(bars), watchlist)
    write_if_changed(branch, instruments)


def _published_in_months_of(rows: DataFrame, branch: BranchTable) -> DataFrame:
    """The published rows of the months that the rows are of."""
    return branch.read_published().filter(in_months(months_of(rows)))


def _write_rejects(branch: BranchTable, new: DataFrame, lake: Lake) -> WrittenMonths:
    """A bar that is rejected again stays as it was, with the run that rejected it first."""
    stamped = new.withColumns({"run": f.lit(branch.run), "rejected_at": f.lit(datetime.now(UTC))})
    published = _published_in_months_of(new, branch)
    return write_changed_months(branch, merge_rejects(stamped, published), lake, given=())
