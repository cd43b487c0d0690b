"""Bars of an ingest beside the published ones: which of a symbol and day stands, and what becomes of the others."""

from enum import StrEnum

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f

from lakehouse_contract.tables import declared_table
from lakehouse_glue.checks import COLUMN_NAME, REASON, rejected
from lakehouse_glue.market_data.bars import RAW_BAR, Reason, raw_bar

COLUMNS = list(declared_table("market_prices").types)
# What tells a bar of an answer from all others.
BAR = ("source_object", "symbol", "bar_number")
CONTENT = ["open", "high", "low", "close", "volume", "currency_code"]
IS_PUBLISHED = "is_published"
OUTCOME = "outcome"


class Outcome(StrEnum):
    """What becomes of a bar: it is in market_prices, as it was before or since this run, or it is not."""

    STAYS = "stays"
    ADDED = "added"
    REPLACES = "replaces"
    REPEATED = "repeated"
    SUPERSEDED = "superseded"


IN_PRICES = (Outcome.STAYS, Outcome.ADDED, Outcome.REPLACES)


def merge_bars(arrived: DataFrame, published: DataFrame) -> DataFrame:
    """The columns of market_prices, IS_PUBLISHED, OUTCOME and REASON (of a superseded bar) of both frames' rows.

    Of the bars of a symbol and day the one that was asked for last stands. A published bar that says the same stays in
    its place; the others that say the same are repetitions, and those that say something else are superseded.
    """
    both = arrived.select(*COLUMNS, f.lit(False).alias(IS_PUBLISHED)).unionByName(
        published.select(*COLUMNS, f.lit(True).alias(IS_PUBLISHED))
    )
    latest = Window.partitionBy("symbol", "trade_date").orderBy(
        f.col("requested_at").desc(), f.col(IS_PUBLISHED).desc(), f.col("source_object").desc(), "bar_number"
    )
    group = latest.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    content = f.struct(*CONTENT)
    compared = both.withColumns(
        {
            "number": f.row_number().over(latest),
            "says_the_same": content.eqNullSafe(f.first(content).over(group)),
            "is_latest_moment": f.col("requested_at") == f.first("requested_at").over(group),
            "replaces_published": f.max(IS_PUBLISHED).over(group),
        }
    )
    stays = f.max(f.col(IS_PUBLISHED) & f.col("says_the_same")).over(group)
    outcome = (
        f.when(~f.col("says_the_same"), f.lit(Outcome.SUPERSEDED.value))
        .when(f.col(IS_PUBLISHED), f.lit(Outcome.STAYS.value))
        .when(f.col("published_stays") | (f.col("number") > 1), f.lit(Outcome.REPEATED.value))
        .when(f.col("replaces_published"), f.lit(Outcome.REPLACES.value))
        .otherwise(f.lit(Outcome.ADDED.value))
    )
    reason = f.when(f.col("is_latest_moment"), f.lit(Reason.DUPLICATE_CONFLICTING.value)).otherwise(
        f.lit(Reason.DUPLICATE_SUPERSEDED.value)
    )
    return (
        compared.withColumn("published_stays", stays)
        .withColumn(OUTCOME, outcome)
        .withColumn(REASON, f.when(f.col(OUTCOME) == Outcome.SUPERSEDED.value, reason))
        .select(*COLUMNS, IS_PUBLISHED, OUTCOME, REASON)
    )


def prices_of(merged: DataFrame) -> DataFrame:
    """The rows of market_prices."""
    return merged.filter(f.col(OUTCOME).isin([outcome.value for outcome in IN_PRICES])).select(COLUMNS)


def new_rejects(checked: DataFrame, merged: DataFrame) -> DataFrame:
    """Rejected and superseded bars, in the columns of market_price_rejects without run and moment."""
    superseded = merged.filter(f.col(OUTCOME) == Outcome.SUPERSEDED.value).withColumns(
        {
            COLUMN_NAME: f.lit("trade_date"),
            RAW_BAR: raw_bar(f.to_json(f.struct("trade_date", *CONTENT))),
        }
    )
    columns = [
        "source_object",
        "symbol",
        "bar_number",
        "trade_date",
        f.col(REASON).alias("reason"),
        f.col(COLUMN_NAME).alias("column_name"),
        RAW_BAR,
        "requested_at",
        f.year("requested_at").alias("year"),
        f.month("requested_at").alias("month"),
    ]
    return rejected(checked).select(columns).unionByName(superseded.select(columns))


def merge_rejects(new: DataFrame, published: DataFrame) -> DataFrame:
    """The published rejects, and of the new ones those whose bars are not among them."""
    same = [new[name].eqNullSafe(published[name]) for name in BAR]
    return published.unionByName(new.join(published, same, "left_anti"))
