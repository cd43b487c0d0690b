"""What a request asks for, or the problem with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lakehouse_http.answers import Problem

from lakehouse_contract.trade_tables import read_minute
from lakehouse_contract.trades import is_symbol

MOST_BARS = 1000
MOST_MOVERS = 100
DIRECTIONS = ("up", "down")

_MINUTE = timedelta(minutes=1)
_WINDOW = timedelta(hours=1)
_LIMIT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class BarsWanted:
    """Minutes from the first to the last, both included, and at most so many bars."""

    first: datetime
    last: datetime
    limit: int


@dataclass(frozen=True)
class MoversWanted:
    day: date
    direction: str
    limit: int


def read_symbol(path: Mapping[str, str]) -> str:
    symbol = path.get("symbol", "")
    if not is_symbol(symbol):
        raise _wrong("symbol", symbol, "a symbol such as AAPL or BINANCE:BTCUSDT")
    return symbol


def read_bars_wanted(query: Mapping[str, str], now: datetime) -> BarsWanted:
    """`from` is the first minute, `to` the one after the last; by default the hour up to now."""
    expect_parameters(query, "from", "to", "limit")
    end = _minute(query, "to") or now.replace(second=0, microsecond=0) + _MINUTE
    first = _minute(query, "from") or end - _WINDOW
    if first >= end:
        raise _wrong("from", query.get("from", ""), "a minute before `to`")
    return BarsWanted(first, end - _MINUTE, _limit(query, default=MOST_BARS, most=MOST_BARS))


def read_movers_wanted(query: Mapping[str, str], now: datetime) -> MoversWanted:
    """By default those of the day so far (UTC) that have gained most."""
    expect_parameters(query, "date", "direction", "limit")
    direction = query.get("direction", DIRECTIONS[0])
    if direction not in DIRECTIONS:
        raise _wrong("direction", direction, " or ".join(DIRECTIONS))
    return MoversWanted(_day(query) or now.astimezone(UTC).date(), direction, _limit(query, 10, MOST_MOVERS))


def expect_parameters(query: Mapping[str, str], *known: str) -> None:
    """Raises Problem for a parameter that the route does not have."""
    if unknown := sorted(query.keys() - set(known)):
        names = ", ".join(known) or "none"
        raise Problem(
            400,
            "unknown-parameter",
            "The request has a parameter that is not known here.",
            f"{unknown[0][:64]!r} is no parameter of this route; its parameters are: {names}.",
        )


def _minute(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        return read_minute(query[name])
    except ValueError:
        raise _wrong(name, query[name], "a minute in UTC such as 2026-11-22T14:30Z") from None


def _day(query: Mapping[str, str]) -> date | None:
    text = query.get("date")
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _wrong("date", text, "a day such as 2026-11-22")


def _limit(query: Mapping[str, str], default: int, most: int) -> int:
    text = query.get("limit", str(default))
    if not _LIMIT.fullmatch(text) or int(text) > most:
        raise _wrong("limit", text, f"a whole number from 1 to {most}")
    return int(text)


def _wrong(name: str, value: str, expected: str) -> Problem:
    return Problem(
        400,
        "wrong-parameter",
        "A parameter of the request has a value that it cannot have.",
        f"`{name}` is {value[:64]!r}: give {expected}.",
    )
