"""Waiting for health."""

import time
from collections.abc import Callable
from functools import cache

import httpx

from stack.errors import StackError

_POLL_INTERVAL_SECONDS = 0.1
_ANSWER_SECONDS = 5


def wait_until(is_ready: Callable[[], bool], name: str, timeout_seconds: float) -> None:
    """Poll until `is_ready()`; StackError naming what was waited for when the time is up."""
    deadline = time.monotonic() + timeout_seconds
    while not is_ready():
        if time.monotonic() > deadline:
            raise StackError(f"{name} did not become ready within {timeout_seconds:.0f} seconds: see `lakehouse logs`.")
        time.sleep(_POLL_INTERVAL_SECONDS)


def ask(url: str) -> httpx.Response:
    """The answer to a GET that is repeated until a server is up. Raises httpx.TransportError without one."""
    return _client().get(url)


@cache
def _client() -> httpx.Client:
    """One for all: each reads the certificates of all authorities, which takes as long as a hundred requests."""
    return httpx.Client(timeout=_ANSWER_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))
