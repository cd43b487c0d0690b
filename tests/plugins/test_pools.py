"""The pools that tasks wait in are there when a scheduler has started."""

import lakehouse_pools
import pytest
from airflow.jobs.job import Job
from airflow.models.pool import Pool
from pluggy import PluginManager
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from lakehouse_contract.datasets import DATASETS
from lakehouse_contract.market_data import SOURCE

POOLS = [*(dataset.pool for dataset in DATASETS), SOURCE]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def session(monkeypatch):
    engine = create_engine("sqlite://")
    Pool.__table__.create(engine)
    with Session(engine) as session:
        monkeypatch.setattr("airflow.utils.session.create_session", lambda: session)
        yield session


def found(session):
    return {pool.pool: (pool.slots, pool.include_deferred) for pool in session.scalars(select(Pool))}


def test_a_process_with_a_database_makes_the_pools_with_one_slot_for_deferred_tasks_too(session):
    lakehouse_pools.on_starting(Job.__new__(Job))

    assert found(session) == dict.fromkeys(POOLS, (1, True))


def test_a_pool_that_was_widened_is_put_right(session):
    Pool.create_or_update_pool(POOLS[0], 8, "", include_deferred=False, session=session)

    lakehouse_pools.create_pools(session)

    assert found(session)[POOLS[0]] == (1, True)


def test_a_process_of_a_task_touches_no_database(session):
    lakehouse_pools.on_starting(object())

    assert found(session) == {}


def test_airflow_finds_the_listener_in_the_plugin():
    (listener,) = lakehouse_pools.LakehousePoolsPlugin.listeners

    assert PluginManager("airflow").parse_hookimpl_opts(listener, "on_starting")
