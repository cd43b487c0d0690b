"""What the audit finds in market data that is wrong in one way each."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lakehouse_contract.datasets import MARKET_DATA
from tests.glue_scripts.audits import declared_frame, failed_expectations

DAY = {"symbol": "AAA", "instrument_key": 7, "year": 2024, "month": 5, "currency_code": "USD"}
PRICES = dict.fromkeys(("open", "high", "low", "close", "volume"), Decimal(10))
SOUND = {
    "dim_instruments": [
        {"instrument_key": -1, "is_in_source": True},
        {"instrument_key": 7, "symbol": "AAA", "currency_code": "USD", "is_in_source": True},
    ],
    "market_prices": [DAY | PRICES | {"trade_date": date(2024, 5, day)} for day in (30, 31)],
    "market_price_rejects": [
        {"source_object": "raw/1.json", "reason": "price_order", "column_name": "high", "raw_bar": "{}"}
    ],
    "market_daily_metrics": [DAY | {"trade_date": date(2024, 5, day), "missing_days": 0} for day in (30, 31)],
    "market_monthly_metrics": [DAY | {"trading_days": 2}],
}


@pytest.fixture
def failures(spark, tmp_path: Path):
    def find(changes: dict[str, list[dict]], published: dict[str, int] | None = None) -> set[tuple]:
        """Table, column and severity of the expectations that fail when the tables have these changes."""
        tables = {}
        for name in MARKET_DATA.tables:
            rows = [row | change for row, change in zip(SOUND[name], changes.get(name, [{}, {}]), strict=False)]
            tables[name] = declared_frame(spark, name, rows)
        document = {"tables": {name: {"rows": len(rows)} for name, rows in SOUND.items()}}
        return failed_expectations(tmp_path, MARKET_DATA.name, tables, document, published)

    return find


def test_sound_market_data_pass(failures):
    assert failures({}) == set()


def test_symbols_that_left_the_watchlist_or_the_exchange_stop_nothing(failures):
    changes = {"dim_instruments": [{}, {"is_in_source": False}]}
    assert failures(changes, {"dim_instruments": 2, "market_prices": 2}) == set()


def test_wrong_market_data_are_found(failures):
    wrong = {"close": Decimal(11), "open": Decimal(0), "low": Decimal(0), "volume": Decimal(-1), "month": 4}
    wrong |= {"instrument_key": 8, "currency_code": "usd", "trade_date": date(2024, 5, 30)}
    changes = {
        "dim_instruments": [{}, {"symbol": None, "currency_code": None}],
        "market_prices": [{}, wrong],
        "market_price_rejects": [{"reason": "bad", "raw_bar": None}],
        "market_daily_metrics": [{"change_share": 0.75}, {"missing_days": 1, "volatility": -0.5}],
        "market_monthly_metrics": [{"trading_days": 3}],
    }
    assert failures(changes, {"market_prices": 3}) == {
        ("dim_instruments", "symbol", "critical"),
        ("dim_instruments", "has_currency_code", "critical"),
        ("market_prices", "bar_key", "critical"),
        ("market_prices", "has_instrument", "critical"),
        ("market_prices", "open", "critical"),
        ("market_prices", "low", "critical"),
        ("market_prices", "has_prices_in_order", "critical"),
        ("market_prices", "is_in_its_month", "critical"),
        ("market_prices", "volume", "critical"),
        ("market_prices", "currency_code", "critical"),
        ("market_prices", None, "critical"),
        ("market_price_rejects", "reason", "critical"),
        ("market_price_rejects", "raw_bar", "critical"),
        ("market_daily_metrics", "change_share", "warning"),
        ("market_daily_metrics", "missing_days", "warning"),
        ("market_daily_metrics", "volatility", "critical"),
        ("market_monthly_metrics", "trading_days", "critical"),
    }
