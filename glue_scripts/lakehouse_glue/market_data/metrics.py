"""What the prices tell: of each bar beside those before it, and of each month."""

import math

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from lakehouse_glue.market_data.windows import TRADING_DAYS_PER_YEAR, measure_windows

KEYS = ("instrument_key", "symbol", "trade_date", "currency_code", "year", "month")
BAR = (*KEYS, "open", "high", "low", "close", "volume")


def measure_days(prices: DataFrame, instruments: DataFrame) -> DataFrame:
    """The columns of market_daily_metrics, and others that months are measured by, of each row of market_prices.

    A row with fewer bars before it in `prices` than its windows look back on, and more in truth, is measured wrongly.

    :param instruments: dim_instruments, one row per symbol
    """
    change = f.col("close") - f.col("previous_close")
    day_range = f.col("high") - f.col("low")
    return measure_windows(_with_market_days(prices, instruments).select(*BAR, "market_day")).withColumns(
        {
            "change": change,
            "change_share": change.cast("double") / f.col("previous_close").cast("double"),
            "day_range": day_range,
            "day_range_share": day_range.cast("double") / f.col("open").cast("double"),
            "traded_value": f.col("close") * f.col("volume"),
            "volume_ratio": f.col("volume").cast("double")
            / f.when(f.col("average_volume") != 0, f.col("average_volume")),
        }
    )


def measure_months(days: DataFrame) -> DataFrame:
    """The rows of market_monthly_metrics, from rows of `measure_days` that are of whole months."""
    month = days.groupBy("symbol", "currency_code", "year", "month").agg(
        f.first("instrument_key").alias("instrument_key"),
        f.min("trade_date").alias("first_trade_date"),
        f.max("trade_date").alias("last_trade_date"),
        f.count("*").cast("int").alias("trading_days"),
        f.sum("missing_days").cast("int").alias("missing_days"),
        f.min_by("open", "trade_date").alias("open"),
        f.max("high").alias("high"),
        f.min("low").alias("low"),
        f.max_by("close", "trade_date").alias("close"),
        f.sum("volume").alias("volume"),
        f.sum(f.col("traded_value").cast("decimal(28,6)")).alias("traded_value"),
        f.min_by("previous_close", "trade_date").alias("previous_close"),
        f.max("change_share").alias("best_change_share"),
        f.min("change_share").alias("worst_change_share"),
        (f.stddev_samp("log_return") * math.sqrt(TRADING_DAYS_PER_YEAR)).alias("volatility"),
    )
    change = (f.col("close") - f.col("previous_close")).cast("double")
    return month.withColumn("change_share", change / f.col("previous_close").cast("double"))


def market_of() -> Column:
    """`market`: the exchange on whose days an instrument is traded."""
    return f.coalesce("mic_code", "exchange", f.lit("")).alias("market")


def _with_market_days(prices: DataFrame, instruments: DataFrame) -> DataFrame:
    """Adds `market_day`, the number of the day among those on which any instrument of the exchange has a bar."""
    markets = instruments.filter(f.col("symbol").isNotNull()).select("symbol", market_of())
    placed = prices.join(f.broadcast(markets), "symbol", "left").fillna("", "market")
    days = placed.select("market", "trade_date").distinct()
    number = f.row_number().over(Window.partitionBy("market").orderBy("trade_date"))
    return placed.join(f.broadcast(days.withColumn("market_day", number)), ["market", "trade_date"])
