"""The parameters of /time_series, read as Twelve Data documents them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stack.market_data_api.answers import ApiError
from stack.market_data_api.trading_days import EXCHANGE_ZONE, FIRST_DAY, LAST_DAY, opened_from, opened_until

MOST_SYMBOLS = 120
MOST_BARS = 5000
_BARS_WITHOUT_DATES = 30
_DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True)
class TimeSeriesRequest:
    """What is asked for: bars of the days from `first` to `last`, the newest `outputsize` of them."""

    symbols: tuple[str, ...]
    first: date
    last: date
    outputsize: int
    newest_first: bool
    is_adjusted: bool

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "TimeSeriesRequest":
        """Raises ApiError for what Twelve Data refuses, and for what this server does not serve.

        A bar's time is the opening of its day, so `end_date=2020-05-06` alone does not reach the bar of that day
        (Twelve Data, Getting historical data). Dates are in `timezone`, by default the exchange's.
        """
        symbols = tuple(symbol for symbol in parameters.get("symbol", "").upper().split(",") if symbol)
        if not symbols:
            raise ApiError(400, "**symbol** parameter is missing. Please provide it according to API documentation.")
        if len(symbols) > MOST_SYMBOLS:
            raise ApiError(414, f"**symbol** has {len(symbols)} values, the maximum is {MOST_SYMBOLS}.")
        _choice(parameters, "interval", ("1day",), default=None)
        _choice(parameters, "format", ("JSON",), default="JSON")
        zone = _zone(parameters.get("timezone", "Exchange"))
        first, last = (_moment(parameters, name, zone) for name in ("start_date", "end_date"))
        return cls(
            symbols=symbols,
            first=opened_from(first) if first else FIRST_DAY,
            last=opened_until(last) if last else LAST_DAY,
            outputsize=_outputsize(parameters, MOST_BARS if first or last else _BARS_WITHOUT_DATES),
            newest_first=_choice(parameters, "order", ("desc", "asc"), default="desc") == "desc",
            is_adjusted=_choice(parameters, "adjust", ("splits", "none"), default="splits") == "splits",
        )


def _choice(parameters: Mapping[str, str], name: str, served: tuple[str, ...], default: str | None) -> str:
    value = parameters.get(name, default)
    found = next((each for each in served if value and each.lower() == value.lower()), None)
    if found is None:
        raise ApiError(400, f"Invalid **{name}** provided: {value}. Supported here: {', '.join(served)}")
    return found


def _zone(name: str) -> ZoneInfo:
    if name.lower() == "exchange":
        return EXCHANGE_ZONE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ApiError(400, f"Invalid **timezone** provided: {name}.") from None


def _moment(parameters: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime | None:
    """A date parameter as the exchange's local time; None without it."""
    if name not in parameters:
        return None
    for form in _DATE_FORMATS:
        try:
            moment = datetime.strptime(parameters[name], form).replace(tzinfo=zone)
        except ValueError:
            continue
        return moment.astimezone(EXCHANGE_ZONE)
    raise ApiError(
        400, f"Invalid **{name}** provided: {parameters[name]}. Write it as 2006-01-02 or 2006-01-02 15:04:05"
    )


def _outputsize(parameters: Mapping[str, str], default: int) -> int:
    value = parameters.get("outputsize", str(default))
    if not value.isdecimal() or not 1 <= int(value) <= MOST_BARS:
        raise ApiError(400, f"Invalid **outputsize** provided: {value}. Acceptable values are from 1 to {MOST_BARS}")
    return int(value)
