"""Throttling by token buckets: one per region for all APIs, and one per route and stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

import threading

from local_aws.apigatewayv2.resources import Stage
from local_aws.token_buckets import TokenBucket

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
ACCOUNT_RATE = 10_000.0
ACCOUNT_BURST = 5_000.0


class Limit:
    """A token bucket for requests of several threads; a burst of none admits nobody."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self._bucket = TokenBucket(rate, burst)
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was a token."""
        with self._lock:
            if self.burst < 1 or not self._bucket.has(1):
                return False
            self._bucket.take(1)
            return True


class Throttle:
    """The buckets of this process. A route whose limits change begins with a full one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[tuple[str, str], Limit] = {}
        self._routes: dict[tuple[str, str, str], Limit] = {}

    def admits(self, account_id: str, region_name: str, api_id: str, stage: Stage, route_key: str) -> bool:
        rate = stage.setting(route_key, "ThrottlingRateLimit")
        burst = stage.setting(route_key, "ThrottlingBurstLimit")
        if rate is not None or burst is not None:
            limits = ACCOUNT_RATE if rate is None else float(rate), ACCOUNT_BURST if burst is None else float(burst)
            if not self._route_limit((api_id, stage.stage_name, route_key), *limits).take():
                return False
        return self._account_limit((account_id, region_name)).take()

    def _route_limit(self, place: tuple[str, str, str], rate: float, burst: float) -> Limit:
        with self._lock:
            limit = self._routes.get(place)
            if limit is None or (limit.rate, limit.burst) != (rate, burst):
                limit = self._routes[place] = Limit(rate, burst)
            return limit

    def _account_limit(self, place: tuple[str, str]) -> Limit:
        with self._lock:
            return self._accounts.setdefault(place, Limit(ACCOUNT_RATE, ACCOUNT_BURST))
