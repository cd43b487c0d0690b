"""What an answer of Twelve Data says: prices, an error for all that was asked, or one for a symbol of several."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse_contract.market_data import MissingPrices

UNKNOWN_SYMBOL = "unknown_symbol"
NO_DATA = "no_data"
NOT_IN_SUBSCRIPTION = "not_in_subscription"
DAILY_LIMIT = "daily_limit"
NO_ANSWER = "no_answer"
REFUSED = "refused"

TOO_MANY_REQUESTS = 429
NOT_FOUND = 404
SERVER_ERRORS = 500
FORBIDDEN = 403
_NO_DATA_MESSAGE = "No data is available"
_OF_THE_DAY = "for the day"


@dataclass(frozen=True)
class ApiError:
    """An error in Twelve Data's form: `{"code": …, "message": …, "status": "error"}`."""

    code: int
    message: str

    @property
    def is_daily_limit(self) -> bool:
        """The API has one code for both limits, and tells them apart by its message."""
        return self.code == TOO_MANY_REQUESTS and _OF_THE_DAY in self.message

    @property
    def is_minute_limit(self) -> bool:
        return self.code == TOO_MANY_REQUESTS and not self.is_daily_limit

    @property
    def is_temporary(self) -> bool:
        return self.is_minute_limit or self.code >= SERVER_ERRORS

    @property
    def reason(self) -> str:
        """The name under which a manifest tells of it."""
        if self.is_daily_limit:
            return DAILY_LIMIT
        if self.message.startswith(_NO_DATA_MESSAGE):
            return NO_DATA
        return {NOT_FOUND: UNKNOWN_SYMBOL, FORBIDDEN: NOT_IN_SUBSCRIPTION}.get(self.code, REFUSED)


def error_of(document: Any) -> ApiError | None:
    """The error that a document, or the part of it about one symbol, consists of."""
    if isinstance(document, Mapping) and document.get("status") == "error":
        code = str(document.get("code", ""))
        return ApiError(int(code) if code.isdecimal() else 0, str(document.get("message", "")))
    return None


def series_of(body: bytes, symbols: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Each symbol with what the answer, a JSON object, has about it; None where it has nothing.

    The answer about one symbol is a document of its own, that about several an object with a document for each.
    """
    document = json.loads(body)
    if len(symbols) == 1 or error_of(document):
        yield from ((symbol, document) for symbol in symbols)
    else:
        yield from ((symbol, document.get(symbol)) for symbol in symbols)


def bars_of(series: Any) -> list[Mapping[str, Any]]:
    """The bars of what an answer has about a symbol; none where that is no series, or they are no objects.

    An answer is kept as it came, so what cannot be read in it must not stop the task: each try would find it again.
    """
    values = series.get("values") if isinstance(series, Mapping) else None
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def missing_prices(body: bytes, symbols: Sequence[str], start_date: str, end_date: str) -> list[MissingPrices]:
    """The symbols of a request that got no prices, and why."""
    missing = []
    for symbol, series in series_of(body, symbols):
        error = error_of(series)
        if error:
            missing.append(MissingPrices(symbol, start_date, end_date, error.reason, error.message))
        elif not bars_of(series):
            missing.append(MissingPrices(symbol, start_date, end_date, NO_DATA))
    return missing


def closes(body: bytes, symbols: Sequence[str]) -> dict[str, dict[str, float]]:
    """The closing prices by symbol and day, as far as they are numbers."""
    return {
        symbol: {str(bar.get("datetime")): price for bar in bars_of(series) if (price := _number(bar.get("close")))}
        for symbol, series in series_of(body, symbols)
    }


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
