"""Makes the pools that the DAGs' tasks name: a task of a pool that does not exist is never started.

On Amazon MWAA and on the laptop Airflow loads plugins into the processes that may write its database; there is nothing
to run at set-up, and a pool that somebody removes or widens is put right at the next start.
"""

import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin
from sqlalchemy.orm import Session

from lakehouse_contract.datasets import DATASETS
from lakehouse_contract.market_data import SOURCE

API_DESCRIPTION = (
    "One slot: of the tasks that ask this API, one works at a time, so that the limits of its key are kept."
)
DESCRIPTION = "One slot: of the tasks that write, publish, roll back or maintain this dataset, one works at a time."


@hookimpl
def on_starting(component: Any) -> None:
    """Of the scheduler, triggerer and DAG processor, which are jobs; a task's process has no access to the database."""
    from airflow.jobs.job import Job
    from airflow.utils.session import create_session

    if isinstance(component, Job):
        with create_session() as session:
            create_pools(session)


def create_pools(session: Session) -> None:
    from airflow.models.pool import Pool

    for dataset in DATASETS:
        Pool.create_or_update_pool(dataset.pool, 1, DESCRIPTION, include_deferred=True, session=session)
    Pool.create_or_update_pool(SOURCE, 1, API_DESCRIPTION, include_deferred=True, session=session)


class LakehousePoolsPlugin(AirflowPlugin):
    """Registers this module's listener."""

    name = "lakehouse_pools"
    listeners = (sys.modules[__name__],)
