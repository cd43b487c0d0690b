"""The rows that rules are evaluated on, and what is so of them, reckoned in plain Python."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import fmean, pstdev
from typing import Any

import pyarrow as pa

TODAY = datetime.now(UTC).date()
Row = dict[str, Any]


def _row(number: int, symbol: str | None, close: str | None, volume: int | None, day: date | None, note: str) -> Row:
    return {
        "id": number,
        "symbol": symbol,
        "close": Decimal(close) if close else None,
        "volume": volume,
        "trade_date": day,
        "note": note,
    }


ROWS = [
    _row(1, "AAA", "10.50", 100, TODAY, "7"),
    _row(2, "AAA", "11.00", 0, TODAY - timedelta(days=1), "12"),
    _row(3, "BBB", "0.99", 250, TODAY - timedelta(days=2), "x1"),
    _row(4, "BBB", None, 250, TODAY - timedelta(days=30), ""),
    _row(5, "CCC", "99.90", None, date(2024, 2, 29), "  "),
    _row(6, None, "42.00", 1_000_000, date(2020, 1, 1), "2024-02-30"),
    _row(7, "DDD", "5.00", 7, None, "2024-02-29"),
    _row(7, "DDD", "5.00", 7, date(2024, 2, 29), "seven"),
]
SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "symbol": pa.string(),
        "close": pa.decimal128(18, 2),
        "volume": pa.int64(),
        "trade_date": pa.date32(),
        "note": pa.string(),
    }
)
HIVE_COLUMNS = {
    "id": "bigint",
    "symbol": "string",
    "close": "decimal(18,2)",
    "volume": "bigint",
    "trade_date": "date",
    "note": "string",
}
TABLE = pa.Table.from_pylist(ROWS, schema=SCHEMA)
# The reference: BBB is missing, and CCC has another name. Its notes are numbers.
INSTRUMENTS = pa.table(
    {
        "code": ["AAA", "CCC", "DDD"],
        "name": ["Alpha", "Gamma", "Delta"],
        "weight": [1.0, 2.0, 5.0],
        "note": pa.array([1, 2, 3], pa.int64()),
    }
)
INSTRUMENT_COLUMNS = {"code": "string", "name": "string", "weight": "double", "note": "bigint"}


def values(column: str) -> list[Any]:
    """The values that are not NULL."""
    return [row[column] for row in ROWS if row[column] is not None]


def share(condition: Callable[[Row], bool]) -> float:
    return sum(map(condition, ROWS)) / len(ROWS)


def unique_share(*columns: str) -> float:
    keys = [tuple(row[name] for name in columns) for row in ROWS]
    known = [key for key in keys if any(part is not None for part in key)]
    return sum(known.count(key) == 1 for key in known) / len(known)


def mean(column: str) -> float:
    return fmean(map(float, values(column)))


def total(column: str) -> float:
    return float(sum(values(column)))


def deviation(column: str) -> float:
    return pstdev(map(float, values(column)))
