"""Who may ask, and how often: addresses of clients, and a bucket of tokens for each of them.

The stage of the API limits all clients together; these limits are of one client and of one instance of the function.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000


class ClientLimits:
    """A client may ask `burst` times at once, and `per_second` times a second in the long run."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self.burst = burst
        self.clock = clock
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> int:
        """0 when the client may ask now, else the whole seconds until it may."""
        now = self.clock()
        left, since = self._clients.pop(client, (float(self.burst), now))
        left = min(self.burst, left + (now - since) * self.per_second)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self.per_second)
        self._clients[client] = (left if wait else left - 1, now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return wait


def is_allowed(client: str, ranges: str) -> bool:
    """Whether an address is in one of the ranges, which are written as CIDR blocks with commas between them."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(block.strip()) for block in ranges.split(",") if block.strip())
