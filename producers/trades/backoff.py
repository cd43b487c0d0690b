"""How long to wait after the first, second, … failure in a row."""

import random
from dataclasses import dataclass


@dataclass
class Backoff:
    """Delays that double up to a longest one, each of a random length up to that, so that many do not come at once.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    first_seconds: float
    longest_seconds: float
    failures: int = 0

    def next_delay(self) -> float:
        """Seconds to wait after one more failure; at least a tenth of what is allowed."""
        allowed = min(self.longest_seconds, self.first_seconds * 2 ** min(self.failures, 30))
        self.failures += 1
        return random.uniform(allowed / 10, allowed)  # noqa: S311 - not a secret

    def reset(self) -> None:
        self.failures = 0
