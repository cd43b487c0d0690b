"""Months, each as the date of its first day."""

from collections.abc import Iterator
from datetime import date, timedelta

from stack.errors import StackError

FIRST_MONTH = date(1970, 1, 1)

_SATURDAY = 5


def parse_month(text: str) -> date:
    """Raises StackError for anything but `2005-01`."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise StackError(f"{text!r} is not a month: write it as 2005-01.") from None


def month_range(first: date, last: date) -> Iterator[date]:
    """From the month of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def previous_month(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def weekdays(month: date) -> list[date]:
    """Its days from Monday to Friday."""
    days = (month + timedelta(days=day) for day in range((next_month(month) - month).days))
    return [day for day in days if day.weekday() < _SATURDAY]
