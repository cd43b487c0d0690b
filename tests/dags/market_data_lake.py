"""A little market data: the rows of its tables, and the risk that plain Python works out from them."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import fmean, stdev
from typing import Any

from tests.glue_scripts.market_model import daily_metrics, key_of, monthly_metrics

REQUESTED_AT = datetime(2024, 6, 1, tzinfo=UTC)
INSTRUMENTS = {
    "AAA": {"sector": "Technology", "category": "Common Stock", "currency_code": "USD"},
    "BBB": {"sector": "Energy", "category": "Common Stock", "currency_code": "USD"},
    "CCC": {"sector": None, "category": "ETF", "currency_code": "USD"},
    "SAP": {"sector": "Technology", "category": "Common Stock", "currency_code": "EUR"},
}
DAYS = [day for day in (date(2023, 12, 1) + timedelta(days=number) for number in range(75)) if day.weekday() < 5]


def bars() -> dict[tuple[str, date], dict[str, Any]]:
    numbers, found = random.Random(11), {}  # noqa: S311
    for symbol, instrument in INSTRUMENTS.items():
        close = Decimal(40)
        for day in DAYS:
            opened, close = close, round(close * Decimal(1 + numbers.uniform(-0.04, 0.04)), 2)
            high, low = max(opened, close) + 1, min(opened, close) - 1
            volume = None if (symbol, day) == ("CCC", DAYS[9]) else Decimal(numbers.randrange(100, 900))
            values = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
            found[symbol, day] = values | {"currency_code": instrument["currency_code"]}
    return found


BARS = bars()
DAILY = daily_metrics(BARS, dict.fromkeys(INSTRUMENTS, "XNAS"))
MONTHLY = monthly_metrics(BARS, DAILY)


def placed(symbol: str, year: int, month: int) -> dict[str, Any]:
    return {"instrument_key": key_of(symbol), "symbol": symbol, "year": year, "month": month}


def tables() -> dict[str, list[dict]]:
    instruments = [
        {"instrument_key": key_of(symbol), "symbol": symbol, "name": f"{symbol} Inc", "is_in_source": True} | values
        for symbol, values in INSTRUMENTS.items()
    ]
    answer = {"requested_at": REQUESTED_AT, "source_object": "raw/1.json", "bar_number": 1}
    days = {
        (symbol, day): placed(symbol, day.year, day.month) | {"trade_date": day, "currency_code": bar["currency_code"]}
        for (symbol, day), bar in BARS.items()
    }
    reject = {
        "reason": "price_order",
        "column_name": "high",
        "raw_bar": "{}",
        "run": "jr_1",
        "rejected_at": REQUESTED_AT,
    }
    return {
        "dim_instruments": [*instruments, {"instrument_key": -1, "is_in_source": True}],
        "market_prices": [days[key] | answer | bar for key, bar in BARS.items()],
        "market_price_rejects": [answer | reject | {"rejected_at": REQUESTED_AT, "year": 2024, "month": 6}],
        "market_daily_metrics": [
            days[key] | {"currency_code": BARS[key]["currency_code"]} | DAILY[key] for key in BARS
        ],
        "market_monthly_metrics": [
            placed(symbol, year, month) | {"currency_code": currency} | values
            for (symbol, currency, year, month), values in MONTHLY.items()
        ],
    }


def risk(symbol: str, year: int) -> dict[str, Any]:
    days = [DAILY[symbol, day] for day in DAYS if day.year == year and DAILY[symbol, day]["change_share"] is not None]
    changes = [day["change_share"] for day in days]
    closes = [float(day["close"]) for day in days]
    drawdowns = [close / max(closes[: number + 1]) - 1 for number, close in enumerate(closes)]
    return {
        "trading_days": len(days),
        "return_share": closes[-1] / float(days[0]["previous_close"]) - 1,
        "annual_return_share": fmean(changes) * 252,
        "annual_volatility": stdev(changes) * math.sqrt(252),
        "largest_drawdown_share": min(drawdowns),
        "value_at_risk_share": -sorted(changes)[math.ceil(len(changes) / 20) - 1],
    }
