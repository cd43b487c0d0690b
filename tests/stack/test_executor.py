"""The scheduler's judgement of what its executor reports, on a metadata database of the test's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
import pytest
from airflow.utils.state import TaskInstanceState
from sqlalchemy.orm import Session

from stack.executor import StackExecutor
from stack.waiting import wait_until

DAG_FILE = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, BaseOperator

with DAG("deferring", schedule=None, start_date=datetime(2026, 1, 1)):
    BaseOperator(task_id="wait", retries=2, retry_delay=timedelta(0))
"""
JOB_ID = 7
SCHEDULER = """
import time
from stack.executor import StackExecutor

executor = StackExecutor(parallelism=3)
executor.start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session on Airflow's metadata database, which holds one DAG of one task."""
    from airflow import settings
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from airflow.utils.db import synchronize_log_template

    folder = tmp_path_factory.mktemp("dags")
    (folder / "deferring.py").write_text(DAG_FILE)
    import_all_models()
    Base.metadata.create_all(settings.engine)
    synchronize_log_template()
    with settings.Session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
        session.commit()
        bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
        sync_bag_to_db(bag, "dags-folder", None)
        yield session


@pytest.fixture
def task(metadata: Session):
    """The task of a new run, queued by this scheduler for its first try."""
    from airflow.models.dagbag import DBDagBag
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    moment = datetime.now(UTC)
    dag = DBDagBag().get_latest_version_of_dag("deferring", session=metadata)
    run = dag.create_dagrun(
        run_id=f"run_{moment.isoformat()}",
        run_after=moment,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.TEST,
        state="running",
        session=metadata,
    )
    [task] = run.get_task_instances(session=metadata)
    task.try_number, task.queued_by_job_id = 1, JOB_ID
    metadata.commit()
    return task


def judge(executor, task, metadata: Session) -> str | None:
    """The task's state after the scheduler has read what the executor reports."""
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.dagbag import DBDagBag

    SchedulerJobRunner.process_executor_events(
        executor=executor, job_id=JOB_ID, scheduler_dag_bag=DBDagBag(), session=metadata
    )
    metadata.commit()
    metadata.refresh(task)
    return task.state


@pytest.mark.parametrize("resumed", [TaskInstanceState.SCHEDULED, TaskInstanceState.QUEUED, TaskInstanceState.RUNNING])
def test_a_deferral_that_is_reported_after_the_task_was_resumed_costs_no_try(task, metadata, resumed):
    executor = StackExecutor(parallelism=2)
    task.state, task.next_method = resumed, "execute_complete"
    metadata.commit()
    executor.success(task.key)
    assert judge(executor, task, metadata) == resumed


def test_a_task_that_ended_without_a_word_is_tried_again(task, metadata):
    executor = StackExecutor(parallelism=2)
    task.state, task.next_method = TaskInstanceState.QUEUED, None
    metadata.commit()
    executor.success(task.key)
    assert judge(executor, task, metadata) == TaskInstanceState.UP_FOR_RETRY


def test_a_resumed_task_that_the_executor_could_not_run_is_tried_again(task, metadata):
    executor = StackExecutor(parallelism=2)
    task.state, task.next_method = TaskInstanceState.QUEUED, "execute_complete"
    metadata.commit()
    executor.fail(task.key)
    assert judge(executor, task, metadata) == TaskInstanceState.UP_FOR_RETRY


def test_the_workers_of_a_killed_scheduler_end_with_it():
    with subprocess.Popen(
        [sys.executable, "-c", SCHEDULER], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as scheduler:
        next(line for line in scheduler.stdout if "started" in line)
        workers = psutil.Process(scheduler.pid).children()
        os.kill(scheduler.pid, signal.SIGKILL)
    assert len(workers) == 3
    wait_until(lambda: not any(is_alive(worker) for worker in workers), "the workers' end", timeout_seconds=20)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
