"""The days on which the invented exchanges trade: those of the New York Stock Exchange."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

FIRST_DAY = date(2016, 1, 4)
LAST_DAY = date(2035, 12, 31)
EXCHANGE_ZONE = ZoneInfo("America/New_York")
OPENING = time(9, 30)
CLOSING = time(16)


@cache
def trading_days() -> np.ndarray:
    """Every trading day of the served history in order, as days of numpy; early closes are trading days."""
    closed = holidays.financial_holidays("NYSE", years=range(FIRST_DAY.year, LAST_DAY.year + 1))
    days = np.arange(np.datetime64(FIRST_DAY), np.datetime64(LAST_DAY + timedelta(days=1)))
    return days[np.is_busday(days, holidays=np.array(sorted(closed), dtype="datetime64[D]"))]


def opened_from(moment: datetime) -> date:
    """The first day whose opening is not before a moment of the exchange's local time."""
    return moment.date() if moment.time() <= OPENING else moment.date() + timedelta(days=1)


def opened_until(moment: datetime) -> date:
    """The last day whose opening is not after a moment of the exchange's local time."""
    return moment.date() if moment.time() >= OPENING else moment.date() - timedelta(days=1)
