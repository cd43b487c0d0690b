"""What the feed can be told to do wrong, and what it says of it in its counts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from stack.trade_feed.tape import FeedTrade, trade_message

_HOUR_MS = 3_600_000
_LARGE_TRADES = 18_000
_OVERSIZED_BYTES = 5_000_000
_SPOILED = 3


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong; `seconds` is how long, where that is asked."""

    name: str
    seconds: float = 5


@dataclass(frozen=True)
class FaultyMessage:
    """A message, and what is in it: trades that are sound, trades that no reader may take, or nothing readable."""

    payload: str | bytes
    sound: tuple[FeedTrade, ...] = ()
    unsound: int = 0
    unreadable: int = 0


MakeTrades = Callable[[int], list[FeedTrade]]


def _garbage(_make: MakeTrades) -> FaultyMessage:
    return FaultyMessage("<html>Bad gateway</html>", unreadable=1)


def _binary(_make: MakeTrades) -> FaultyMessage:
    return FaultyMessage(b"\x00\xff\xfe", unreadable=1)


def _half_message(make: MakeTrades) -> FaultyMessage:
    text = trade_message(make(_SPOILED))
    return FaultyMessage(text[: len(text) // 2], unreadable=1)


def _nested(_make: MakeTrades) -> FaultyMessage:
    return FaultyMessage("[" * 100_000, unreadable=1)


def _oversized(_make: MakeTrades) -> FaultyMessage:
    return FaultyMessage("x" * _OVERSIZED_BYTES, unreadable=1)


def _error(_make: MakeTrades) -> FaultyMessage:
    return FaultyMessage('{"msg":"Subscribing to too many symbols","type":"error"}')


def _late(make: MakeTrades) -> FaultyMessage:
    trades = tuple(replace(trade, time_ms=trade.time_ms - _HOUR_MS) for trade in make(_SPOILED))
    return FaultyMessage(trade_message(trades), sound=trades)


def _large(make: MakeTrades) -> FaultyMessage:
    trades = tuple(make(_LARGE_TRADES))
    return FaultyMessage(trade_message(trades), sound=trades)


def _moved(hours: int) -> Callable[[MakeTrades], FaultyMessage]:
    return _unsound(lambda trade: replace(trade, time_ms=trade.time_ms + hours * _HOUR_MS))


def _with(**changes: Any) -> Callable[[MakeTrades], FaultyMessage]:
    return _unsound(lambda trade: replace(trade, **changes))


def _unsound(spoil: Callable[[FeedTrade], FeedTrade]) -> Callable[[MakeTrades], FaultyMessage]:
    """Sound trades with a spoiled one among them."""

    def make_message(make: MakeTrades) -> FaultyMessage:
        first, *sound = make(_SPOILED)
        return FaultyMessage(trade_message([spoil(first), *sound]), tuple(sound), unsound=1)

    return make_message


FAULTY_MESSAGES: dict[str, Callable[[MakeTrades], FaultyMessage]] = {
    "garbage": _garbage,
    "binary": _binary,
    "half_message": _half_message,
    "nested": _nested,
    "oversized": _oversized,
    "error": _error,
    "late": _late,
    "large": _large,
    "past": _moved(-24 * 400),
    "future": _moved(24),
    "nan": _with(price="NaN"),
    "negative": _with(price=-1),
    "text_price": _with(price='"12.5"'),
    "unknown_symbols": _with(symbol="NOBODY"),
}
# Of the connection: it ends without a word, in the middle of a message, or at once with what is under way lost; the
# last messages come again; nothing comes, pings neither; the next connections are refused.
FAULTS = (*FAULTY_MESSAGES, "disconnect", "half_frame", "reset", "duplicates", "silence", "refuse")
