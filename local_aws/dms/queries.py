"""Filters and pages of Describe requests."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from local_aws.dms.exceptions import InvalidParameterValueException

MAX_RECORDS = 100

Item = TypeVar("Item")
Filters = list[dict[str, Any]]


def filtered(items: Sequence[Item], filters: Filters | None, names: dict[str, Callable[[Item], Any]]) -> list[Item]:
    """Items that match every filter. `names` gives what a filter of that name looks at: a value or several."""
    for one in filters or []:
        if one["Name"] not in names:
            raise InvalidParameterValueException(f"The filter {one['Name']} is not supported")
        items = [item for item in items if _values(names[one["Name"]](item)) & set(one["Values"])]
    return list(items)


def _values(value: Any) -> set[str]:
    return set(value) if isinstance(value, tuple) else {value}


def page(items: Sequence[Item], max_records: int | None, marker: str | None) -> tuple[list[Item], str | None]:
    """One page and the marker of the next, if there is one."""
    if marker and not marker.isdecimal():
        raise InvalidParameterValueException("The marker is not one that this endpoint gave out")
    start = int(marker or 0)
    end = start + (max_records or MAX_RECORDS)
    return list(items[start:end]), str(end) if end < len(items) else None
