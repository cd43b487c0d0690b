"""Trades on their way: the records of the Kinesis stream, what tells one trade from another, and which are refused.

A record has trades of one symbol, its partition key, as a JSON object in UTF-8 with these members and no others:

    {"symbol": "AAPL", "trades": [{"price": "231.42", "volume": "100", "traded_at_ms": 1763822400123,
     "conditions": ["1", "12"], "occurrence": 0, "received_at_ms": 1763822400201}]}

Prices and volumes are texts of plain decimal digits, so that they arrive as they were sent. Moments are milliseconds
since 1970 in UTC; `received_at_ms` is when the producer had the message that brought the trade. `occurrence` counts the
equal trades before this one in that message: the source gives trades no identifiers, and two equal trades of one
message are two trades, while an equal trade of another message is the same one, sent again.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Any

MOST_RECORD_BYTES = 256 * 1024
MOST_TRADES_PER_RECORD = 500
# Compared with the moment at which the record arrived in the stream, so that it is judged alike whenever it is read.
MOST_AGE = timedelta(days=1)
MOST_AHEAD = timedelta(minutes=1)
# Of prices and volumes, which are DECIMAL(20,8) in the lake.
MOST_FRACTION_DIGITS = 8
MOST_WHOLE_DIGITS = 12
MOST_OCCURRENCE = 9999

# Why a record or a trade is refused.
TOO_LARGE = "too_large"
NOT_JSON = "not_json"
MALFORMED = "malformed"
INVALID_SYMBOL = "invalid_symbol"
INVALID_PRICE = "invalid_price"
INVALID_VOLUME = "invalid_volume"
TOO_OLD = "too_old"
IN_FUTURE = "in_future"

_RECORD_TYPES = {"symbol": str, "trades": list}
_TRADE_TYPES = {
    "price": str,
    "volume": str,
    "traded_at_ms": int,
    "conditions": list,
    "occurrence": int,
    "received_at_ms": int,
}
_SYMBOL = re.compile(r"[A-Z0-9](?:[A-Z0-9.:_ -]{0,30}[A-Z0-9])?", re.ASCII)
_NUMBER = re.compile(rf"[0-9]{{1,{MOST_WHOLE_DIGITS}}}(?:\.[0-9]{{1,{MOST_FRACTION_DIGITS}}})?", re.ASCII)
_CONDITION = re.compile(r"[ -~]{0,16}", re.ASCII)
_MOST_CONDITIONS = 24
_MOST_MILLISECONDS = 9_999_999_999_999
_MILLISECOND = timedelta(milliseconds=1)


class RefusedError(ValueError):
    """A record that is none, or a trade that is none; `reason` is one of the names above, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Trade:
    """A trade as the source told it."""

    symbol: str
    price: Decimal
    volume: Decimal
    traded_at_ms: int
    conditions: tuple[str, ...]
    occurrence: int
    received_at_ms: int

    @cached_property
    def trade_id(self) -> str:
        """What a trade is known by within its symbol, in the order of the moments: `1763822400123-0a1b2c3d4e5f6071`.

        Of trades in one millisecond, whose order nobody tells, the hash decides, everywhere alike. When the producer
        received it is no part of it: the same trade may come twice.
        """
        content = [self.symbol, number_text(self.price), number_text(self.volume), self.conditions, self.occurrence]
        digest = blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()
        return f"{self.traded_at_ms:013d}-{digest}"


@dataclass(frozen=True)
class RefusedTrade:
    """A trade of a record that is none: its place among the record's trades, from 0, why, and its JSON."""

    position: int
    reason: str
    message: str
    content: str


@dataclass(frozen=True)
class TradeRecord:
    """What a record holds: each of its trades is in one of the two, `trades` with their places in the record."""

    symbol: str
    trades: tuple[tuple[int, Trade], ...]
    refused: tuple[RefusedTrade, ...]


def number_text(number: Decimal) -> str:
    """Plain digits, without an exponent and without zeros at the end of a fraction: `100`, `231.4`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_symbol(text: str) -> bool:
    """Whether a text has the form of a symbol, such as `AAPL`, `BRK.B` or `BINANCE:BTCUSDT`."""
    return _SYMBOL.fullmatch(text) is not None


def encode_record(symbol: str, trades: Sequence[Trade]) -> bytes:
    """The data of a record with trades of a symbol, which are at most MOST_TRADES_PER_RECORD."""
    entries = [
        {
            "price": number_text(trade.price),
            "volume": number_text(trade.volume),
            "traded_at_ms": trade.traded_at_ms,
            "conditions": trade.conditions,
            "occurrence": trade.occurrence,
            "received_at_ms": trade.received_at_ms,
        }
        for trade in trades
    ]
    return json.dumps({"symbol": symbol, "trades": entries}, separators=(",", ":")).encode()


def read_record(data: bytes, arrived_at: datetime) -> TradeRecord:
    """The trades of a record that arrived in the stream at a moment, with a time zone.

    Raises RefusedError for what is no record. Data, moment and nothing else decide, so whoever reads a record, and
    whenever, comes to the same answer.
    """
    content = _read_object(data)
    symbol = content["symbol"]
    if not is_symbol(symbol):
        raise RefusedError(INVALID_SYMBOL, f"{symbol[:32]!r} is no symbol.")
    if not 1 <= len(content["trades"]) <= MOST_TRADES_PER_RECORD:
        raise RefusedError(MALFORMED, f"A record has 1 to {MOST_TRADES_PER_RECORD} trades.")
    trades, refused = [], []
    for position, entry in enumerate(content["trades"]):
        try:
            trades.append((position, _read_trade(symbol, entry, arrived_at)))
        except RefusedError as error:
            refused.append(RefusedTrade(position, error.reason, str(error), json.dumps(entry)))
    return TradeRecord(symbol, tuple(trades), tuple(refused))


def check_moment(traded_at_ms: int, arrived_at: datetime) -> None:
    """Raises RefusedError for a trade that is too old or too far ahead of `arrived_at`."""
    arrived_at_ms = int(arrived_at.timestamp() * 1000)
    if traded_at_ms < arrived_at_ms - MOST_AGE // _MILLISECOND:
        raise RefusedError(TOO_OLD, f"The trade is more than {MOST_AGE} older than its arrival.")
    if traded_at_ms > arrived_at_ms + MOST_AHEAD // _MILLISECOND:
        raise RefusedError(IN_FUTURE, f"The trade is more than {MOST_AHEAD} ahead of its arrival.")


def read_number(text: str, reason: str, name: str) -> Decimal:
    """A price or a volume from plain digits; raises RefusedError with the reason for another text."""
    if not _NUMBER.fullmatch(text):
        raise RefusedError(
            reason,
            f"The {name} {text[:32]!r} is no number of at most {MOST_WHOLE_DIGITS} digits before the point and "
            f"{MOST_FRACTION_DIGITS} after it.",
        )
    return Decimal(text)


def read_conditions(values: list[Any]) -> tuple[str, ...]:
    """The source's codes of a trade; raises RefusedError for others than short texts."""
    are_conditions = all(type(value) is str and _CONDITION.fullmatch(value) for value in values)
    if not are_conditions or len(values) > _MOST_CONDITIONS:
        raise RefusedError(
            MALFORMED, f"The conditions are not at most {_MOST_CONDITIONS} texts of at most 16 ASCII characters."
        )
    return tuple(values)


def _read_object(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_RECORD_BYTES:
        raise RefusedError(TOO_LARGE, f"A record has at most {MOST_RECORD_BYTES} bytes, not {len(data)}.")
    try:
        content = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise RefusedError(NOT_JSON, "The record is no JSON in UTF-8.") from None
    return _checked_members("record", content, _RECORD_TYPES)


def _read_trade(symbol: str, entry: Any, arrived_at: datetime) -> Trade:
    content = _checked_members("trade", entry, _TRADE_TYPES)
    trade = Trade(
        symbol=symbol,
        price=read_number(content["price"], INVALID_PRICE, "price"),
        volume=read_number(content["volume"], INVALID_VOLUME, "volume"),
        traded_at_ms=_whole("traded_at_ms", content["traded_at_ms"], _MOST_MILLISECONDS),
        conditions=read_conditions(content["conditions"]),
        occurrence=_whole("occurrence", content["occurrence"], MOST_OCCURRENCE),
        received_at_ms=_whole("received_at_ms", content["received_at_ms"], _MOST_MILLISECONDS),
    )
    if trade.price == 0:
        raise RefusedError(INVALID_PRICE, "The price is 0.")
    check_moment(trade.traded_at_ms, arrived_at)
    return trade


def _checked_members(what: str, content: Any, types: dict[str, type]) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise RefusedError(MALFORMED, f"The {what} is no JSON object.")
    _check_names(f"The {what} misses", types.keys() - content.keys())
    _check_names(f"The {what} has an unknown", content.keys() - types.keys())
    for name, kind in types.items():
        # By its exact type: True is no number.
        if type(content[name]) is not kind:
            raise RefusedError(MALFORMED, f"The member {name} of the {what} is not of type {kind.__name__}.")
    return content


def _check_names(problem: str, names: Collection[str]) -> None:
    if names:
        raise RefusedError(MALFORMED, f"{problem} member {min(names)[:32]!r}.")


def _whole(name: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise RefusedError(MALFORMED, f"The member {name} is not between 0 and {most}.")
    return value
