"""Reading ahead: whoever makes the next item and whoever uses this one work at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def prefetched(items: Iterator[Item]) -> Iterator[Item]:
    """The items, each produced in another thread while the one before is being used."""
    done = object()
    with ThreadPoolExecutor(1) as executor:
        following = executor.submit(next, items, done)
        while (item := following.result()) is not done:
            following = executor.submit(next, items, done)
            yield item
