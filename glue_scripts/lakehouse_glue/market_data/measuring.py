"""Which months are measured anew, of which bars, and their writing."""

import logging
from collections.abc import Collection, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as f

from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.lake import Lake
from lakehouse_glue.market_data.metrics import market_of, measure_days, measure_months
from lakehouse_glue.months import Month, WrittenMonths, write_changed_months
from lakehouse_glue.run_documents import published_document

PRICES = "market_prices"
INSTRUMENTS = "dim_instruments"
DAYS = "market_daily_metrics"
MONTHS = "market_monthly_metrics"
logger = logging.getLogger(__name__)


def write_metrics(
    branches: Mapping[str, BranchTable], changed: Collection[Month] | None, lake: Lake
) -> dict[str, WrittenMonths]:
    """Measure the months whose prices changed and all after them, whose windows reach back; what was written by table.

    :param changed: the months whose prices are not the published ones; None is every month
    """
    if changed is not None and not _are_in_step(branches, lake):
        logger.info("The published metrics are not those of the published prices: all months are measured")
        changed = None
    if changed is not None and not changed:
        return {}
    days = measure_days(branches[PRICES].read(), branches[INSTRUMENTS].read())
    if changed is not None:
        days = days.filter(_is_since(min(changed)))
    days = days.persist()
    frames = {DAYS: days, MONTHS: measure_months(days)}
    return {name: write_changed_months(branches[name], frame, lake, given=()) for name, frame in frames.items()}


def _are_in_step(branches: Mapping[str, BranchTable], lake: Lake) -> bool:
    """Whether the published metrics are of the published prices, and of the exchanges that the instruments are of.

    They are not where a publication was given up between the tables.
    """
    measured = [branches[name] for name in (INSTRUMENTS, PRICES, DAYS, MONTHS)]
    return published_document(lake, measured) is not None and not _has_other_markets(branches[INSTRUMENTS])


def _has_other_markets(instruments: BranchTable) -> bool:
    """Whether a published instrument is of another market now: which days it misses has changed then."""
    if instruments.snapshot_id == instruments.base_snapshot_id:
        return False
    versions = (instruments.read(), instruments.read_published())
    markets, published = (rows.select("symbol", market_of()) for rows in versions)
    return not published.exceptAll(markets).isEmpty()


def _is_since(month: Month) -> Column:
    """A condition that selects partitions."""
    return (f.col("year") > month[0]) | ((f.col("year") == month[0]) & (f.col("month") >= month[1]))
