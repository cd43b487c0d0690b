"""How often a wait may look before it gives up."""

from datetime import timedelta
from math import ceil

LONGEST_WAIT = timedelta(hours=12)


def attempts_within(timeout: timedelta | None, poll_interval: int) -> int:
    """Number of looks, `poll_interval` seconds apart, that fit into the timeout (12 hours without one).

    Airflow's execution_timeout bounds a task's time on a worker, not its time deferred.
    """
    return max(1, ceil((timeout or LONGEST_WAIT).total_seconds() / poll_interval))
