"""Limits per second."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class TokenBucket:
    """Fills at `rate` a second up to `capacity`. Not for several threads at once."""

    rate: float
    capacity: float
    clock: Callable[[], float] = time.monotonic
    _level: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._filled_at = self.capacity, self.clock()

    def has(self, tokens: float) -> bool:
        """Whether so many are there; what is more than the capacity is there when the bucket is full."""
        now = self.clock()
        self._level = min(self.capacity, self._level + (now - self._filled_at) * self.rate)
        self._filled_at = now
        return self._level >= min(tokens, self.capacity)

    def take(self, tokens: float) -> None:
        """Take so many, whether they are there or not: what is owed has to fill up first."""
        self._level -= tokens
