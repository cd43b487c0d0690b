"""Waiting for health."""

import time
from collections.abc import Callable

from stack.errors import StackError

_POLL_INTERVAL_SECONDS = 0.1


def wait_until(is_ready: Callable[[], bool], name: str, timeout_seconds: float) -> None:
    """Poll until `is_ready()`; StackError naming what was waited for when the time is up."""
    deadline = time.monotonic() + timeout_seconds
    while not is_ready():
        if time.monotonic() > deadline:
            raise StackError(f"{name} did not become ready within {timeout_seconds:.0f} seconds: see `lakehouse logs`.")
        time.sleep(_POLL_INTERVAL_SECONDS)
