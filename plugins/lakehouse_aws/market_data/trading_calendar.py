"""The days on which the New York exchanges trade.

By the package holidays, which knows the exchange's holidays and its closings of one day, and is plain Python;
exchange_calendars would bring pandas and NumPy, which are not in the image of Amazon MWAA.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EXCHANGE_ZONE = ZoneInfo("America/New_York")
# Prices of a day are asked for when it has been over for an hour: its last trades are in by then.
SETTLED_AT = time(17)


def trading_days(first: date, last: date) -> list[date]:
    """The days from one to another, both included, in order; days that close early are among them."""
    # Imported here: it takes a second, and every process of Airflow imports the plugins.
    import holidays

    closed = holidays.financial_holidays("NYSE", years=range(first.year, last.year + 1))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.isoweekday() <= 5 and day not in closed]


def last_settled_day(now: datetime) -> date:
    """The last trading day whose prices are final enough to be asked for, by a moment with a time zone."""
    local = now.astimezone(EXCHANGE_ZONE)
    last = local.date() if local.time() >= SETTLED_AT else local.date() - timedelta(days=1)
    return trading_days(last - timedelta(days=14), last)[-1]
