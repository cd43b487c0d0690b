"""The DynamoDB tables of trades and bars: names, keys and attributes.

`lakehouse-trades` has a single trade per item, for some days:
    symbol, trade_id (the keys), price, volume, traded_at_ms, conditions, occurrence, received_at_ms, stored_at_ms,
    shard_id, sequence_number (of the record that brought it first), expires_at

`lakehouse-trade-bars` has a bar per item, of a minute or of a day (UTC):
    symbol, bar (the keys; `minute#2026-11-22T14:30Z` or `day#2026-11-22`), open, high, low, close, volume, trade_count,
    first_trade_id, last_trade_id; of a minute also expires_at; of a day also change_share and movers_partition, the
    keys of the index `movers`

Prices, volumes and shares are exact numbers. `open` is the price of the trade with the least identifier, `close` that
of the greatest, so they are those of the first and the last moment, whatever order the trades came in.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zlib import crc32

TRADES_TABLE = "lakehouse-trades"
BARS_TABLE = "lakehouse-trade-bars"
MOVERS_INDEX = "movers"

MINUTE = "minute#"
DAY = "day#"
# The stream keeps records for three days, and a trade may be a day old when it arrives: so long may a record, and so
# the trade in it, come again. DynamoDB removes an item some time after its moment, never before.
STREAM_RETENTION = timedelta(days=3)
TRADE_LIFETIME = timedelta(days=5)
MINUTE_BAR_LIFETIME = timedelta(days=90)
# A partition of the index takes 1,000 writes a second: the symbols of a day are spread over so many.
MOVERS_PARTITIONS = 8

_MINUTE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z", re.ASCII)


def minute_key(traded_at_ms: int) -> str:
    """The sort key of the minute bar that a moment is in."""
    return f"{MINUTE}{_moment(traded_at_ms):%Y-%m-%dT%H:%MZ}"


def day_key(traded_at_ms: int) -> str:
    """The sort key of the bar of the day (UTC) that a moment is in."""
    return f"{DAY}{_moment(traded_at_ms):%Y-%m-%d}"


def minute_text(moment: datetime) -> str:
    """A minute as the sort keys have it, without the prefix; `moment` has a time zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def read_minute(text: str) -> datetime:
    """The minute of such a text; raises ValueError for another text."""
    if not _MINUTE.fullmatch(text):
        raise ValueError(f"{text[:32]!r} is no minute such as 2026-11-22T14:30Z.")
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def movers_partition(day: date, symbol: str) -> str:
    """The partition of the index `movers` that a symbol's day is in."""
    return movers_partitions(day)[crc32(symbol.encode()) % MOVERS_PARTITIONS]


def movers_partitions(day: date) -> list[str]:
    """All partitions of a day, each of which is asked for the day's movers."""
    return [f"{day.isoformat()}#{number}" for number in range(MOVERS_PARTITIONS)]


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)
