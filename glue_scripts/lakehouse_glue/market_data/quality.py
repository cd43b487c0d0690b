"""Data quality of the market data: one suite of expectations per table."""

from collections.abc import Mapping

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_glue.market_data.bars import PRICES, Reason
from lakehouse_glue.quality.audit import TableSuite
from lakehouse_glue.quality.common import (
    has_unknown_member,
    is_complete,
    is_currency,
    is_fresh,
    is_present,
    is_sized_like_published,
    refers_to,
)
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.expectations import (
    CRITICAL,
    WARNING,
    ExpectValuesBetween,
    ExpectValuesInSet,
    ExpectValuesNotNull,
)
from lakehouse_glue.quality.references import HAS, with_found, with_presence

DIM_INSTRUMENTS = "dim_instruments"
MARKET_PRICES = "market_prices"
REJECTS = "market_price_rejects"
DAILY_METRICS = "market_daily_metrics"
MONTHLY_METRICS = "market_monthly_metrics"
BAR_KEY = "bar_key"
# A split that the history does not show yet looks like such a change; few instruments really move so far in a day.
LARGEST_CHANGE_SHARE = 0.5
USUAL = 0.999


def frame_of_instruments(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, and whether the currency that an instrument has is there."""
    instruments = tables[DIM_INSTRUMENTS].select("instrument_key", "symbol", "currency_code")
    return with_presence(instruments, "instrument_key", ["currency_code"])


def suite_of_instruments(context: AuditContext) -> list[Expectation]:
    """How many instruments are in the source is not compared: symbols leave the watchlist and the exchange, and each
    keeps its row.
    """
    rows = context.rows(DIM_INSTRUMENTS)
    return [
        *is_complete(context, DIM_INSTRUMENTS, "instrument_key"),
        has_unknown_member("instrument_key"),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="symbol",
            min_value=rows - 1,
            max_value=rows - 1,
            severity=CRITICAL,
            description="Every instrument but the unknown member has a symbol of its own",
        ),
        _holds(HAS + "currency_code", "Every instrument has a currency"),
        is_currency("currency_code"),
    ]


def frame_of_prices(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads, what is true of a sound bar, and whether its instrument was found."""
    prices = tables[MARKET_PRICES].select(
        _bar_key().alias(BAR_KEY),
        "instrument_key",
        *PRICES,
        "volume",
        "currency_code",
        f.col("trade_date").cast("timestamp").alias("trade_date"),
        _prices_are_in_order().alias("has_prices_in_order"),
        _lies_in_its_month("trade_date").alias("is_in_its_month"),
    )
    return with_found(prices, "instrument_key", tables[DIM_INSTRUMENTS], "has_instrument")


def suite_of_prices(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, MARKET_PRICES, BAR_KEY),
        *refers_to("instrument_key", "has_instrument", DIM_INSTRUMENTS),
        *(_is_positive(price) for price in PRICES),
        _holds("has_prices_in_order", "low <= open, low <= close, open <= high and close <= high"),
        _holds("is_in_its_month", "Every row lies in the partition of its day"),
        ExpectValuesBetween(column="volume", min_value=0, severity=CRITICAL, description="No volume is negative"),
        is_present("volume"),
        is_currency("currency_code"),
        is_fresh(context, "trade_date"),
        *is_sized_like_published(context, MARKET_PRICES),
    ]


def frame_of_rejects(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    return tables[REJECTS].select("source_object", "reason", "column_name", "raw_bar")


def suite_of_rejects(context: AuditContext) -> list[Expectation]:
    return [
        gxe.ExpectTableRowCountToEqual(
            value=context.rows(REJECTS),
            severity=CRITICAL,
            description="The table has the rows that the transform counted",
        ),
        *(
            ExpectValuesNotNull(column=column, severity=CRITICAL, description=f"Every reject has a {column}")
            for column in ("source_object", "reason", "column_name", "raw_bar")
        ),
        ExpectValuesInSet(
            column="reason",
            value_set=[reason.value for reason in Reason],
            severity=CRITICAL,
            description="reason is one of those that the job knows",
        ),
    ]


def frame_of_days(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    return tables[DAILY_METRICS].select(
        _bar_key().alias(BAR_KEY), "change_share", "volatility", "volume_ratio", "missing_days"
    )


def suite_of_days(context: AuditContext) -> list[Expectation]:
    bars = context.rows(MARKET_PRICES)
    return [
        *is_complete(context, DAILY_METRICS, BAR_KEY),
        gxe.ExpectTableRowCountToEqual(
            value=bars, severity=CRITICAL, description="Every row of market_prices is measured"
        ),
        ExpectValuesBetween(
            column="change_share",
            min_value=-LARGEST_CHANGE_SHARE,
            max_value=LARGEST_CHANGE_SHARE,
            mostly=USUAL,
            severity=WARNING,
            description=f"Few prices change by more than {LARGEST_CHANGE_SHARE:.0%} in a day, as by a split",
        ),
        *(
            ExpectValuesBetween(column=column, min_value=0, severity=CRITICAL, description=f"No {column} is negative")
            for column in ("volatility", "volume_ratio", "missing_days")
        ),
        ExpectValuesBetween(
            column="missing_days",
            max_value=0,
            mostly=USUAL,
            severity=WARNING,
            description="Few bars follow a day that the instrument has no bar of",
        ),
    ]


def frame_of_months(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    key = f.concat_ws(" ", "symbol", "currency_code", "year", "month")
    return tables[MONTHLY_METRICS].select(key.alias("month_key"), "trading_days")


def suite_of_months(context: AuditContext) -> list[Expectation]:
    bars = context.rows(MARKET_PRICES)
    return [
        *is_complete(context, MONTHLY_METRICS, "month_key"),
        gxe.ExpectColumnSumToBeBetween(
            column="trading_days",
            min_value=bars,
            max_value=bars,
            severity=CRITICAL,
            description="Every row of market_prices is in one month",
        ),
    ]


def _bar_key() -> Column:
    return f.concat_ws(" ", "symbol", "trade_date")


def _prices_are_in_order() -> Column:
    return f.col("open").between(f.col("low"), f.col("high")) & f.col("close").between(f.col("low"), f.col("high"))


def _lies_in_its_month(day: str) -> Column:
    return (f.col("year") == f.year(day)) & (f.col("month") == f.month(day))


def _holds(column: str, description: str) -> Expectation:
    return ExpectValuesInSet(column=column, value_set=[True], severity=CRITICAL, description=description)


def _is_positive(price: str) -> Expectation:
    return ExpectValuesBetween(
        column=price, min_value=0, strict_min=True, severity=CRITICAL, description=f"{price} is above 0"
    )


SUITES = (
    TableSuite(DIM_INSTRUMENTS, frame_of_instruments, suite_of_instruments),
    TableSuite(MARKET_PRICES, frame_of_prices, suite_of_prices, is_compared=True),
    TableSuite(REJECTS, frame_of_rejects, suite_of_rejects),
    TableSuite(DAILY_METRICS, frame_of_days, suite_of_days),
    TableSuite(MONTHLY_METRICS, frame_of_months, suite_of_months),
)
