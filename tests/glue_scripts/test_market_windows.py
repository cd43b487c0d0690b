"""The windows of bars, whatever batches the bars come in."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from lakehouse_glue.market_data.metrics import measure_days
from pyspark.sql import DataFrame, SparkSession

from tests.glue_scripts.market_model import assert_same, daily_metrics, key_of

PRICES = """instrument_key bigint, symbol string, trade_date date, currency_code string, open decimal(18,6),
    high decimal(18,6), low decimal(18,6), close decimal(18,6), volume decimal(18,6), year int, month int"""
MARKETS = {"LONG": "XNAS", "SHORT": "XNAS", "QUIET": "XNYS", "MOVED": "XNYS", "ONE": "XNYS"}
BARS = {"LONG": 90, "SHORT": 12, "QUIET": 75, "MOVED": 80, "ONE": 1}
ROWS_PER_BATCH = (1, 7, 20, 10_000)


@pytest.fixture(scope="module")
def prices() -> dict[tuple[str, date], dict[str, Any]]:
    """One symbol without volumes for longer than a window, one that is quoted in other currencies in between."""
    random_number = random.Random(1)  # noqa: S311
    found = {}
    for symbol, bars in BARS.items():
        days = sorted(random_number.sample(range(120), bars))
        for number, day in enumerate(days):
            price, volume = Decimal(random_number.randrange(1_000, 9_000)) / 100, random_number.randrange(10_000)
            is_unknown = symbol == "QUIET" and (20 <= number < 50 or random_number.random() < 0.2)
            found[symbol, date(2024, 1, 1) + timedelta(days=day)] = {
                **{"open": price, "high": price + 2, "low": price - 1, "close": price + 1},
                "volume": None if is_unknown else Decimal(volume),
                "currency_code": "EUR" if symbol == "MOVED" and 25 <= number < 55 else "USD",
            }
    return found


@pytest.mark.parametrize("rows_per_batch", ROWS_PER_BATCH)
def test_windows_reach_over_the_batches_that_bars_come_in(spark, prices, rows_per_batch):
    """`QUIET` has no average of no volumes, `SHORT` and `ONE` have no window, and no window is of two symbols."""
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", rows_per_batch)
    try:
        measured = measure_days(_prices(spark, prices), _instruments(spark)).collect()
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    assert_same({(row["symbol"], row["trade_date"]): row.asDict() for row in measured}, daily_metrics(prices, MARKETS))


def _prices(spark: SparkSession, prices: dict[tuple[str, date], dict[str, Any]]) -> DataFrame:
    rows = [
        {"instrument_key": key_of(symbol), "symbol": symbol, "trade_date": day, "year": day.year, "month": day.month}
        | bar
        for (symbol, day), bar in prices.items()
    ]
    random.Random(2).shuffle(rows)  # noqa: S311
    return spark.createDataFrame(rows, PRICES)


def _instruments(spark: SparkSession) -> DataFrame:
    listed = [(symbol, market, None) for symbol, market in MARKETS.items()]
    return spark.createDataFrame(listed, "symbol string, mic_code string, exchange string")
