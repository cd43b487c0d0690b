"""What is made once in a process, whichever thread asks for it first."""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar

Made = TypeVar("Made")


def made_once(make: Callable[[], Made]) -> Callable[[], Made]:
    lock, cached = threading.Lock(), cache(make)

    @wraps(make)
    def made() -> Made:
        with lock:
            return cached()

    return made
