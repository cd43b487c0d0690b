"""Lists in pages, as the Lambda API gives them."""

from typing import Any

MOST_ITEMS = 50


def page_of(name: str, items: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """The items from the request's marker on, at most 50 or as many as it asks for, and the next page's marker."""
    first = int(request.get("Marker") or 0)
    last = first + min(request.get("MaxItems") or MOST_ITEMS, MOST_ITEMS)
    answer: dict[str, Any] = {name: items[first:last]}
    if last < len(items):
        answer["NextMarker"] = str(last)
    return answer
