"""Which prices to ask for: pure functions of the watchlist, the trading days, and what is stored."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import quote

from lakehouse_contract.market_data import WatchedSymbol

Item = TypeVar("Item")

# Of one symbol in one answer, and of symbols in one request (Twelve Data, Getting historical data; batch requests).
MOST_BARS_OF_A_SYMBOL = 5000
MOST_SYMBOLS = 120
# An answer has some 125 bytes per bar, and Glue's crawlers look at the first megabyte of a JSON document to know it.
MOST_BARS = 8_000
MINUTES_PER_BATCH = 10
# The request is kept in the answer's metadata, which S3 limits to 2 KB.
MOST_SYMBOL_BYTES = 1500
# The API goes on correcting a day for some days.
CORRECTION_DAYS = 10
# A correction is small; a close that differs by more tells that the whole history was rewritten, as by a split.
REWRITTEN_SHARE = 0.05
KNOWN_CLOSES = 3


@dataclass(frozen=True)
class StoredPrices:
    """The days of a symbol's first and last stored bar, and the closes of the latest days."""

    first_date: date
    last_date: date
    closes: Mapping[date, float]


@dataclass(frozen=True)
class PriceRequest:
    """A request for the bars of symbols from a day to a day, both included, as ISO dates.

    `known_closes` are stored ones of days in the range, by symbol and day: where the answer's differ much, the history
    was rewritten, and is asked for from its first stored bar on, the day in `since`, by a request that `is_history`.
    """

    symbols: tuple[str, ...]
    start_date: str
    end_date: str
    known_closes: dict[str, dict[str, float]] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)
    is_history: bool = False

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "PriceRequest":
        return cls(**document | {"symbols": tuple(document["symbols"])})


def plan_requests(
    watchlist: Iterable[WatchedSymbol],
    stored: Mapping[str, StoredPrices],
    days: Sequence[date],
    most_symbols: int,
    whole_history: Collection[str] = (),
) -> list[PriceRequest]:
    """The requests for what the active symbols miss.

    A symbol without prices is asked for from its day on; another one for the days since its last bar, and for the
    CORRECTION_DAYS before. On the first trading day of a week days before its first bar are asked for again, in case
    that the watchlist reaches further back than it did.

    :param stored: by symbol, as the watchlist writes it
    :param days: all trading days from the earliest `first_day` to the last day that is settled
    :param most_symbols: that a request may have, by the credits of a minute
    :param whole_history: symbols of which all is asked for, as if nothing were stored
    """
    active = [row for row in watchlist if row.is_active]
    days_of = {row.symbol: days[bisect_left(days, first_day(row, stored.get(row.symbol))) :] for row in active}
    compared = {symbol: prices for symbol, prices in stored.items() if symbol not in whole_history}
    spans = [(span, row) for row in active for span in _missing_spans(days_of[row.symbol], compared.get(row.symbol))]
    spans.sort(key=lambda entry: (entry[0], entry[1].symbol))
    longest = max((len(quote(row.symbol)) for _, row in spans), default=1)
    most_symbols = min(most_symbols, MOST_SYMBOLS, MOST_SYMBOL_BYTES // (longest + 1))
    return [
        _request(span, rows, compared)
        for span, entries in groupby(spans, key=lambda entry: entry[0])
        for rows in in_parts([row for _, row in entries], _symbols_per_request(span, days, most_symbols))
    ]


def first_day(row: WatchedSymbol, stored: StoredPrices | None) -> date:
    """The first day of which a symbol has a bar or is to have one: it may have been watched from an earlier one on."""
    since = date.fromisoformat(row.since_date)
    return min(since, stored.first_date) if stored else since


def in_batches(requests: Iterable[PriceRequest], per_minute: int) -> list[list[PriceRequest]]:
    """The requests in their order, as many together as the credits of MINUTES_PER_BATCH pay for, a credit a symbol."""
    batches: list[list[PriceRequest]] = []
    left = 0
    for request in requests:
        if len(request.symbols) > left:
            batches.append([])
            left = MINUTES_PER_BATCH * per_minute
        batches[-1].append(request)
        left -= len(request.symbols)
    return batches


def rewritten_symbols(request: PriceRequest, closes: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The symbols whose answered closes are others than the stored ones by more than a correction.

    :param closes: the answer's, by symbol and day
    """

    def is_rewritten(symbol: str, known: Mapping[str, float]) -> bool:
        answered = closes.get(symbol, {})
        return any(
            abs(answered[day] - close) > REWRITTEN_SHARE * abs(close) for day, close in known.items() if day in answered
        )

    return [symbol for symbol, known in request.known_closes.items() if is_rewritten(symbol, known)]


def history_requests(
    request: PriceRequest, symbols: Iterable[str], days: Sequence[date], most_symbols: int
) -> list[PriceRequest]:
    """The requests for all days of symbols whose history was rewritten, of those of a request."""
    rows = [WatchedSymbol(symbol, request.since[symbol], is_active=True) for symbol in symbols]
    return [replace(history, is_history=True) for history in plan_requests(rows, {}, days, most_symbols)]


def in_parts(items: Sequence[Item], most: int) -> Iterator[Sequence[Item]]:
    """The items in their order, so many together."""
    return (items[start : start + most] for start in range(0, len(items), most))


def _missing_spans(days: Sequence[date], stored: StoredPrices | None) -> Iterator[tuple[date, date]]:
    """First and last days of what is to be asked for, at most as many as an answer holds."""
    if not days:
        return
    if stored is None:
        yield from _spans(days)
        return
    is_first_of_week = len(days) < 2 or days[-1].isocalendar()[:2] != days[-2].isocalendar()[:2]
    if is_first_of_week:
        yield from _spans([day for day in days if day < stored.first_date])
    settled = [day for day in days if day <= stored.last_date][:-CORRECTION_DAYS]
    yield from _spans(days[len(settled) :])


def _spans(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    for part in in_parts(days, MOST_BARS_OF_A_SYMBOL):
        yield part[0], part[-1]


def _symbols_per_request(span: tuple[date, date], days: Sequence[date], most_symbols: int) -> int:
    bars = sum(span[0] <= day <= span[1] for day in days)
    return max(1, min(most_symbols, MOST_BARS // bars))


def _request(
    span: tuple[date, date], rows: Sequence[WatchedSymbol], stored: Mapping[str, StoredPrices]
) -> PriceRequest:
    known = {row.symbol: _known_closes(span, stored[row.symbol]) for row in rows if row.symbol in stored}
    known = {symbol: closes for symbol, closes in known.items() if closes}
    return PriceRequest(
        symbols=tuple(row.symbol for row in rows),
        start_date=span[0].isoformat(),
        end_date=span[1].isoformat(),
        known_closes=known,
        since={symbol: stored[symbol].first_date.isoformat() for symbol in known},
    )


def _known_closes(span: tuple[date, date], stored: StoredPrices) -> dict[str, float]:
    """The earliest stored closes in the range: these are corrected least."""
    days = sorted(day for day in stored.closes if span[0] <= day <= span[1])
    return {day.isoformat(): stored.closes[day] for day in days[:KNOWN_CLOSES]}
