"""What the server knows: the time, the instruments, the key's credits, and the faults that it was told to have."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any

from stack.market_data_api.answers import ApiError, instrument_entry, time_series
from stack.market_data_api.bars import bars_of
from stack.market_data_api.credits import Credits
from stack.market_data_api.instruments import Instrument, Split, all_instruments
from stack.market_data_api.parameters import TimeSeriesRequest
from stack.market_data_api.trading_days import EXCHANGE_ZONE

FAULTS = ("minute_limit", "day_limit", "server_error", "timeout", "half_answer", "no_json", "other_json")
_NO_SUCH_SYMBOL = (
    "**symbol** or **figi** parameter is missing or invalid. Please provide a valid symbol according to API "
    "documentation: https://twelvedata.com/docs#reference-data"
)
_NO_DATA = "No data is available on the specified dates. Try setting different start/end dates."


class Clock:
    """The real time, or another one that goes on from there; a frozen clock stands until it is moved."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        return self._frozen or datetime.fromtimestamp(time.time(), UTC) + self._offset

    def set(self, moment: datetime, *, is_frozen: bool = False) -> None:
        self._offset = moment - datetime.fromtimestamp(time.time(), UTC)
        self._frozen = moment if is_frozen else None

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        step = timedelta(seconds=seconds)
        self._offset += step
        self._frozen = self._frozen + step if self._frozen else None


@dataclass(frozen=True)
class Fault:
    """What is to go wrong; with a symbol only where that one is asked for."""

    name: str
    symbol: str | None = None
    retry_after: int | None = None
    seconds: float = 0


class Market:
    """Answers for any moment, the same in every process."""

    def __init__(self, key: str, per_minute: int = 610, per_day: int | None = None) -> None:
        self.key = key
        self.clock = Clock()
        self.instruments = all_instruments()
        self.credits = Credits(per_minute, per_day)
        self.faults: deque[Fault] = deque()
        self.failing_symbols: set[str] = set()
        self._lock = Lock()

    def time_series(self, parameters: Mapping[str, str]) -> str:
        """The body for one symbol, or an object with a body for each of several.

        Raises ApiError when the request, or its only symbol, is refused. Each symbol costs a credit, whatever it gets.
        """
        request = TimeSeriesRequest.of(parameters)
        self.spend(len(request.symbols))
        if len(request.symbols) == 1:
            return self._series(request.symbols[0], request)
        return "{" + ",".join(f'"{symbol}":{self._entry(symbol, request)}' for symbol in request.symbols) + "}"

    def stocks(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        self.spend(1)
        filters = {
            name: parameters[name]
            for name in ("symbol", "exchange", "mic_code", "country", "type")
            if name in parameters
        }
        entries = [instrument_entry(instrument) for instrument in self.instruments.values() if instrument.is_listed]
        found = [entry for entry in entries if all(entry[name] == value for name, value in filters.items())]
        return {"data": found, "status": "ok"}

    def api_usage(self) -> dict[str, Any]:
        self.spend(1)
        minute, day = self.credits.minute, self.credits.day
        usage = {
            "timestamp": self.clock.now().strftime("%Y-%m-%d %H:%M:%S"),
            "current_usage": minute.used,
            "plan_limit": minute.limit,
        }
        of_day = {} if day.limit is None else {"daily_usage": day.used, "plan_daily_limit": day.limit}
        return usage | of_day | {"plan_category": "basic" if of_day else "grow"}

    def spend(self, cost: int) -> None:
        with self._lock:
            self.credits.spend(cost, self.clock.now())

    def next_fault(self, symbols: str) -> Fault | None:
        """The first fault that waits for a request of these symbols; it is used up."""
        for fault in self.faults:
            if fault.symbol is None or fault.symbol in symbols.split(","):
                self.faults.remove(fault)
                return fault
        return None

    def change(
        self, symbol: str, currency: str | None, is_listed: bool | None, split: tuple[str, int] | None
    ) -> Instrument:
        """Let an instrument have another currency, leave the exchange or be split; raises KeyError without one."""
        instrument = self.instruments[symbol]
        splits = (Split(date.fromisoformat(split[0]), int(split[1])),) if split else ()
        self.instruments[symbol] = replace(
            instrument,
            currency=currency or instrument.currency,
            is_listed=instrument.is_listed if is_listed is None else is_listed,
            splits=(*instrument.splits, *splits),
        )
        return self.instruments[symbol]

    def _entry(self, symbol: str, request: TimeSeriesRequest) -> str:
        try:
            return self._series(symbol, request)
        except ApiError as error:
            return error.text

    def _series(self, symbol: str, request: TimeSeriesRequest) -> str:
        instrument = self.instruments.get(symbol)
        if symbol in self.failing_symbols:
            raise ApiError(500, "Internal server error")
        if instrument is None or not instrument.is_listed:
            raise ApiError(404, _NO_SUCH_SYMBOL)
        now = self.clock.now().astimezone(EXCHANGE_ZONE).replace(tzinfo=None)
        bars = bars_of(instrument, request.first, request.last, now, is_adjusted=request.is_adjusted)
        if not len(bars):
            raise ApiError(400, _NO_DATA)
        return time_series(instrument, bars[-request.outputsize :], newest_first=request.newest_first)
