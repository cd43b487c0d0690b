"""Several Spark jobs at a time: the cores that one leaves idle work for the others."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_parallel(tasks: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Results of the tasks by name; the first error is raised after all have ended."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = {name: pool.submit(task) for name, task in tasks.items()}
    return {name: future.result() for name, future in futures.items()}
