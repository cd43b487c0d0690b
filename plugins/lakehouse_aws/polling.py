"""How often a wait looks, and when it gives up."""

from datetime import timedelta
from math import ceil

LONGEST_WAIT = timedelta(hours=12)
# Between two looks at a statement of a few rows, for which a task waits on its worker. An account may look 100 times a
# second (Athena's GetQueryExecution and Redshift's DescribeStatement: Service Quotas).
SHORT_POLL_SECONDS = 0.25


def attempts_within(timeout: timedelta | None, poll_interval: float) -> int:
    """Number of looks, `poll_interval` seconds apart, that fit into the timeout (12 hours without one).

    Airflow's execution_timeout bounds a task's time on a worker, not its time deferred.
    """
    return max(1, ceil((timeout or LONGEST_WAIT).total_seconds() / poll_interval))
