"""Bars as prices: typed without changing a value, or rejected with a reason."""

from collections.abc import Collection
from enum import StrEnum

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from lakehouse_contract.market_data import HISTORY_REWRITTEN
from lakehouse_contract.tables import declared_table
from lakehouse_glue.checks import COLUMN_NAME, FAULT, REASON, Check, first_fault
from lakehouse_glue.market_data.answers import BAR_COUNT, VALUES

PRICE = "decimal(18,6)"
NUMBER_PATTERN = r"^[+-]?[0-9]+(\.[0-9]*)?$"
# 12 digits before the point and 6 behind it, zeros at both ends not counted.
FITTING_PATTERN = r"^[+-]?0*[0-9]{1,12}(\.[0-9]{0,6}0*)?$"
DAY_PATTERN = r"^\d{4}-\d{2}-\d{2}$"
INTERVAL = "1day"
PRICES = ("open", "high", "low", "close")
RAW_BAR = "raw_bar"
RAW_BAR_CHARACTERS = 1000
WIDTHS = {column.name: column.max_bytes for column in declared_table("market_prices").columns}


class Reason(StrEnum):
    """The vocabulary of `market_price_rejects.reason`."""

    MALFORMED_ANSWER = "malformed_answer"
    MALFORMED_SYMBOL = "malformed_symbol"
    SYMBOL_NOT_ASKED_FOR = "symbol_not_asked_for"
    HISTORY_REWRITTEN = HISTORY_REWRITTEN
    OTHER_INTERVAL = "other_interval"
    MALFORMED_DATE = "malformed_date"
    NO_TRADING_DAY = "no_trading_day"
    MISSING_PRICE = "missing_price"
    MALFORMED_PRICE = "malformed_price"
    PRICE_DOES_NOT_FIT = "price_does_not_fit"
    PRICE_NOT_POSITIVE = "price_not_positive"
    PRICE_ORDER = "price_order"
    MALFORMED_VOLUME = "malformed_volume"
    VOLUME_DOES_NOT_FIT = "volume_does_not_fit"
    NEGATIVE_VOLUME = "negative_volume"
    MISSING_CURRENCY = "missing_currency"
    CURRENCY_CONFLICT = "currency_conflict"
    DUPLICATE_SUPERSEDED = "duplicate_superseded"
    DUPLICATE_CONFLICTING = "duplicate_conflicting"


def check_bars(
    bars: DataFrame, trading_days: DataFrame, instruments: DataFrame, rewritten: Collection[str] = ()
) -> DataFrame:
    """The columns of market_prices, `meta`, BAR_COUNT, and REASON, COLUMN_NAME and RAW_BAR of the rejected bars.

    A volume that is missing is unknown, and stays so; 0 is a day without a trade.

    :param bars: rows as `explode_bars` makes them
    :param trading_days: `trade_date`, the exchange's trading days among those that were asked for
    :param instruments: `symbol, currency_code`, one row per symbol, as the reference data has them
    :param rewritten: symbols whose answered prices are of another history than the stored ones, and are no whole one
    """
    texts = bars.select(
        "*",
        f.when(f.btrim("bar.datetime").rlike(DAY_PATTERN), f.btrim("bar.datetime").cast("date")).alias("trade_date"),
        *(f.nullif(f.btrim(f"bar.{name}"), f.lit("")).alias(f"{name}_text") for name in VALUES),
    )
    typed = texts.withColumns({name: f.col(f"{name}_text").cast(PRICE) for name in VALUES})
    days = f.broadcast(trading_days.withColumn("is_trading_day", f.lit(True)))
    known = f.broadcast(instruments.withColumnRenamed("currency_code", "instrument_currency_code"))
    placed = typed.join(days, "trade_date", "left").join(known, "symbol", "left")
    checked = placed.withColumn(FAULT, first_fault(_checks(rewritten)))
    is_kept = f.col(FAULT).isNull()
    return checked.select(
        f.when(is_kept, f.col("instrument_key")).alias("instrument_key"),
        f.when(_is_symbol(), f.col("symbol")).alias("symbol"),
        "trade_date",
        *VALUES,
        f.col("meta.currency").alias("currency_code"),
        "requested_at",
        "source_object",
        "bar_number",
        f.year("trade_date").alias("year"),
        f.month("trade_date").alias("month"),
        "meta",
        BAR_COUNT,
        f.col(FAULT)[REASON].alias(REASON),
        f.col(FAULT)[COLUMN_NAME].alias(COLUMN_NAME),
        f.when(~is_kept, raw_bar(f.coalesce(f.to_json("bar"), f.lit("null")))).alias(RAW_BAR),
    )


def raw_bar(json: Column) -> Column:
    return f.substring(json, 1, RAW_BAR_CHARACTERS)


def _checks(rewritten: Collection[str]) -> list[Check]:
    """In the order of precedence of their reasons."""
    return [
        Check(f.col("bar").isNull(), Reason.MALFORMED_ANSWER, "values"),
        Check(~_is_symbol(), Reason.MALFORMED_SYMBOL, "symbol"),
        Check(~f.col("is_asked_for"), Reason.SYMBOL_NOT_ASKED_FOR, "symbol"),
        Check(f.col("symbol").isin(list(rewritten)), Reason.HISTORY_REWRITTEN, "symbol"),
        Check(f.col("meta.interval") != INTERVAL, Reason.OTHER_INTERVAL, "trade_date"),
        Check(f.col("trade_date").isNull(), Reason.MALFORMED_DATE, "trade_date"),
        Check(f.col("is_trading_day").isNull(), Reason.NO_TRADING_DAY, "trade_date"),
        *(check for name in PRICES for check in _price_checks(name)),
        *_order_checks(),
        *_number_checks("volume", Reason.MALFORMED_VOLUME, Reason.VOLUME_DOES_NOT_FIT),
        Check(f.col("volume") < 0, Reason.NEGATIVE_VOLUME, "volume"),
        *_currency_checks(),
    ]


def _is_symbol() -> Column:
    symbol = f.col("symbol")
    is_storable = (f.octet_length(symbol) <= WIDTHS["symbol"]) & ~symbol.contains("\0")
    return f.coalesce((f.btrim(symbol) == symbol) & (symbol != "") & is_storable, f.lit(False))


def _price_checks(name: str) -> list[Check]:
    return [
        Check(f.col(f"{name}_text").isNull(), Reason.MISSING_PRICE, name),
        *_number_checks(name, Reason.MALFORMED_PRICE, Reason.PRICE_DOES_NOT_FIT),
        Check(f.col(name) <= 0, Reason.PRICE_NOT_POSITIVE, name),
    ]


def _number_checks(name: str, malformed: Reason, does_not_fit: Reason) -> list[Check]:
    number = f.col(f"{name}_text")
    return [
        Check(~number.rlike(NUMBER_PATTERN), malformed, name),
        Check(~number.rlike(FITTING_PATTERN), does_not_fit, name),
    ]


def _order_checks() -> list[Check]:
    return [
        Check(f.col("high") < f.col("low"), Reason.PRICE_ORDER, "high"),
        *(
            Check(~f.col(name).between(f.col("low"), f.col("high")), Reason.PRICE_ORDER, name)
            for name in ("open", "close")
        ),
    ]


def _currency_checks() -> list[Check]:
    currency, expected = f.col("meta.currency"), f.col("instrument_currency_code")
    is_there = f.coalesce(
        (currency != "") & (f.octet_length(currency) <= WIDTHS["currency_code"]) & ~currency.contains("\0"),
        f.lit(False),
    )
    return [
        Check(~is_there, Reason.MISSING_CURRENCY, "currency_code"),
        Check(currency != expected, Reason.CURRENCY_CONFLICT, "currency_code"),
    ]
