"""Which months are measured anew, of which bars, and their writing."""

import logging
from collections.abc import Collection, Mapping

from pyspark.sql import Column, Window
from pyspark.sql import functions as f

from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.lake import Lake
from lakehouse_glue.market_data.metrics import market_of, measure_days, measure_months
from lakehouse_glue.market_data.windows import BARS
from lakehouse_glue.months import Month, WrittenMonths, write_changed_months
from lakehouse_glue.run_documents import published_document

MARKET_PRICES = "market_prices"
DIM_INSTRUMENTS = "dim_instruments"
DAILY_METRICS = "market_daily_metrics"
MONTHLY_METRICS = "market_monthly_metrics"
logger = logging.getLogger(__name__)


def write_metrics(
    branches: Mapping[str, BranchTable], changed: Collection[Month] | None, lake: Lake
) -> dict[str, WrittenMonths]:
    """Measure the months whose prices changed and all after them, whose windows reach back; what was written by table.

    :param changed: the months whose prices are not the published ones; None is every month
    """
    if changed is not None and not _are_in_step(branches, lake):
        logger.info("All months are measured: the published metrics are of other prices or exchanges")
        changed = None
    if changed is not None and not changed:
        return {}
    prices, instruments = branches[MARKET_PRICES].read(), branches[DIM_INSTRUMENTS].read()
    if changed is None:
        days = measure_days(prices, instruments)
    else:
        first = min(changed)
        since = _first_month_in_windows(branches, first)
        logger.info("Measured are the months from %d-%02d on, with bars from %d-%02d on", *first, *since)
        days = measure_days(prices.filter(_is_since(since)), instruments).filter(_is_since(first))
    days = days.persist()
    frames = {DAILY_METRICS: days, MONTHLY_METRICS: measure_months(days)}
    return {name: write_changed_months(branches[name], frame, lake, given=()) for name, frame in frames.items()}


def _are_in_step(branches: Mapping[str, BranchTable], lake: Lake) -> bool:
    """Whether the published metrics are of the published prices, and of the exchanges that the instruments are of.

    They are not where a publication was given up between the tables.
    """
    measured = [branches[name] for name in (DIM_INSTRUMENTS, MARKET_PRICES, DAILY_METRICS, MONTHLY_METRICS)]
    return published_document(lake, measured) is not None and not _has_other_markets(branches[DIM_INSTRUMENTS])


def _has_other_markets(instruments: BranchTable) -> bool:
    """Whether a published instrument is of another market now: which days it misses has changed then."""
    if instruments.snapshot_id == instruments.base_snapshot_id:
        return False
    versions = (instruments.read(), instruments.read_published())
    markets, published = (rows.select("symbol", market_of()) for rows in versions)
    return not published.exceptAll(markets).isEmpty()


def _first_month_in_windows(branches: Mapping[str, BranchTable], first: Month) -> Month:
    """The month from which on all bars are that the windows of bars of the month `first` and later look back on."""
    symbols = branches[MARKET_PRICES].read().filter(_is_since(first)).select("symbol").distinct()
    months = branches[MONTHLY_METRICS].read_published().filter(~_is_since(first))
    of_symbols = months.join(symbols, "symbol", "left_semi").groupBy("symbol", "year", "month")
    bars = of_symbols.agg(f.sum("trading_days").alias("bars"))
    newest_first = Window.partitionBy("symbol").orderBy(f.desc("year"), f.desc("month"))
    later = newest_first.rowsBetween(Window.unboundedPreceding, -1)
    with_later = bars.withColumn("later_bars", f.coalesce(f.sum("bars").over(later), f.lit(0)))
    in_windows = with_later.filter(f.col("later_bars") < BARS).agg(f.min(f.struct("year", "month")).alias("month"))
    month = in_windows.first()["month"]
    return (month["year"], month["month"]) if month else first


def _is_since(month: Month) -> Column:
    """A condition that selects partitions."""
    return (f.col("year") > month[0]) | ((f.col("year") == month[0]) & (f.col("month") >= month[1]))
