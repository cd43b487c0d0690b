"""Items in the form that DynamoDB's API has: each value under the name of its type."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

WireItem = dict[str, dict[str, Any]]


def to_wire(item: Mapping[str, Any]) -> WireItem:
    """Texts, whole and decimal numbers, and tuples of texts."""
    return {name: _value(value) for name, value in item.items()}


def from_wire(item: WireItem) -> dict[str, Any]:
    """Texts as they are, numbers as texts; for items without lists."""
    return {name: next(iter(value.values())) for name, value in item.items()}


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | Decimal):
        return {"N": f"{value:f}" if isinstance(value, Decimal) else str(value)}
    return {"L": [_value(entry) for entry in value]}
