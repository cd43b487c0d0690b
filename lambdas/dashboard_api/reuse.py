"""Results kept in the function's memory, as long as they are young and while there is room."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from dashboard_api.results import Result

MOST_KEPT_VALUES = 2_000_000


class KeptResults:
    """Results by query and values; those that were asked for longest ago go first.

    :param most_values: how many fields all kept results may have together
    """

    def __init__(self, most_values: int = MOST_KEPT_VALUES, clock: Callable[[], float] = time.time) -> None:
        self.most_values = most_values
        self.clock = clock
        self._kept: OrderedDict[Hashable, Result] = OrderedDict()

    def get(self, key: Hashable, max_age_seconds: float) -> Result | None:
        """The result of a key, unless it is older."""
        result = self._kept.get(key)
        if result is None or self.clock() - result.answered_at > max_age_seconds:
            return None
        self._kept.move_to_end(key)
        return result

    def keep(self, key: Hashable, result: Result) -> None:
        self._kept[key] = result
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(map(_size, self._kept.values())) > self.most_values:
            self._kept.popitem(last=False)


def _size(result: Result) -> int:
    return (len(result.rows) + 1) * len(result.columns)
