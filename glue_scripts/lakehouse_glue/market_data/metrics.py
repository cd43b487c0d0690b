"""What the prices tell: of each bar beside those before it, and of each month."""

import math

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as f

BARS = 20
TRADING_DAYS_PER_YEAR = 252


def measure_days(prices: DataFrame, instruments: DataFrame) -> DataFrame:
    """The rows of market_prices with the columns of market_daily_metrics, as far back as `prices` has every bar.

    A row that has fewer than BARS bars before it in `prices`, and more in truth, is measured wrongly.

    :param instruments: dim_instruments, one row per symbol
    """
    change = f.col("close") - f.col("previous_close")
    growth = f.col("close").cast("double") / f.col("previous_close").cast("double")
    day_range = f.col("high") - f.col("low")
    return (
        _with_market_days(prices, instruments)
        .withColumns(
            {
                "previous_close": f.when(_before("currency_code") == f.col("currency_code"), _before("close")),
                "missing_days": f.coalesce(f.col("market_day") - _before("market_day") - 1, f.lit(0)),
                "average_volume": _of_all(f.avg("volume"), _of_symbol().rowsBetween(-BARS, -1)),
                "average_close": f.when(
                    f.min("currency_code").over(_last_bars()) == f.max("currency_code").over(_last_bars()),
                    _of_all(f.avg("close"), _last_bars()),
                ),
            }
        )
        .withColumns(
            {
                "change": change,
                "change_share": change.cast("double") / f.col("previous_close").cast("double"),
                "log_return": f.log(growth),
                "day_range": day_range,
                "day_range_share": day_range.cast("double") / f.col("open").cast("double"),
                "traded_value": f.col("close") * f.col("volume"),
                "volume_ratio": f.col("volume").cast("double")
                / f.when(f.col("average_volume") != 0, f.col("average_volume")),
            }
        )
        .withColumn("volatility", _volatility_of_last_bars())
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


def _of_symbol() -> WindowSpec:
    return Window.partitionBy("symbol").orderBy("trade_date")


def _last_bars() -> WindowSpec:
    return _of_symbol().rowsBetween(1 - BARS, Window.currentRow)


def _before(name: str) -> Column:
    return f.lag(name).over(_of_symbol())


def _of_all(aggregate: Column, frame: WindowSpec) -> Column:
    """The aggregate over a frame of BARS bars, null where there are fewer."""
    return f.when(f.count("*").over(frame) == BARS, aggregate.over(frame)).cast("double")


def _volatility_of_last_bars() -> Column:
    deviation = f.stddev_samp("log_return").over(_last_bars()) * math.sqrt(TRADING_DAYS_PER_YEAR)
    return f.when(f.count("log_return").over(_last_bars()) == BARS, deviation)
