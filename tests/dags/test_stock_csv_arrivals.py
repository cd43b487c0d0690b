"""When the arrivals pipeline runs, and in what order."""

from datetime import timedelta

import pytest
from airflow._shared.timezones import timezone
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowFailException
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.simple import ContinuousTimetable
from lakehouse.defaults import dag_default_args
from lakehouse.settings import LakehouseSettings

from tests.dags.conftest import DAGS_FOLDER, SETTINGS

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/lakehouse-stock-arrivals"


@pytest.fixture
def arrivals(dag_bag):
    return dag_bag.dags["stock_csv_arrivals"]


@pytest.fixture(scope="module")
def parsed():
    """`parsed({...})` parses the DAG in the given environment."""

    def parse(environment):
        with pytest.MonkeyPatch.context() as patch:
            for name in SETTINGS:
                patch.delenv(name, raising=False)
            for name, value in environment.items():
                patch.setenv(name, value)
            bag = DagBag(DAGS_FOLDER / "stock_csv_arrivals.py", include_examples=False)
        assert not bag.import_errors
        return bag.dags["stock_csv_arrivals"]

    return parse


def test_runs_wait_for_files_one_after_the_other(arrivals):
    assert arrivals.schedule == "@continuous"
    assert arrivals.max_active_runs == 1


def test_the_next_files_do_not_wait_for_the_warehouse(arrivals, dag_bag):
    assert not [task for task in arrivals.task_ids if "redshift" in task]
    (published,) = arrivals.get_task("publish").outlets
    assert dag_bag.dags["stock_prices_to_redshift"].schedule.asset_condition.objects == (published,)


def test_redshift_takes_once_a_day_what_it_was_not_told_of(dag_bag):
    dag = dag_bag.dags["stock_prices_to_redshift"]
    timetable = decode_timetable(encode_timetable(dag.schedule))
    start = dag.start_date and timezone.coerce_datetime(dag.start_date)
    restriction = TimeRestriction(start, None, catchup=dag.catchup)
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    last = DataInterval(first.data_interval.start, first.data_interval.end)
    second = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    assert first.run_after > timezone.utcnow()
    assert second.run_after - first.run_after == timedelta(days=1)


def test_every_continuous_run_has_a_date_of_its_own(arrivals):
    timetable = ContinuousTimetable()
    restriction = TimeRestriction(timezone.coerce_datetime(arrivals.start_date), None, catchup=False)
    dates, last = [], None
    for _ in range(3):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        dates.append(info.logical_date)
        last = DataInterval(info.data_interval.start, info.data_interval.end)
    assert len(set(dates)) == len(dates)


def test_with_a_queue_its_notifications_start_the_runs_and_a_sweep_looks_for_what_they_missed(parsed):
    dag = parsed(SETTINGS | {"LAKEHOUSE_ARRIVALS_QUEUE_URL": QUEUE_URL})
    assert not dag.has_task("wait_for_files")
    (asset,) = dag.schedule.asset_condition.objects
    (watcher,) = asset.watchers
    assert asset.uri == "s3://lake/landing/stocks"
    assert watcher.trigger.sqs_queue == QUEUE_URL
    timetable = decode_timetable(encode_timetable(dag.schedule))
    restriction = TimeRestriction(timezone.coerce_datetime(dag.start_date), None, catchup=False)
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    last = DataInterval(first.data_interval.start, first.data_interval.end)
    second = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    assert second.run_after - first.run_after == timedelta(minutes=15)


def test_the_watcher_of_the_queue_is_found_when_the_dag_is_registered(parsed):
    dag = parsed(SETTINGS | {"LAKEHOUSE_ARRIVALS_QUEUE_URL": QUEUE_URL})
    serialized = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assets = [asset for _, asset in serialized.timetable.asset_condition.iter_assets()]
    assert [watcher.name for asset in assets for watcher in asset.watchers] == ["stock_file_notifications"]


def test_what_follows_the_arrival_is_the_same_in_both_ways(arrivals, parsed):
    dag = parsed(SETTINGS | {"LAKEHOUSE_ARRIVALS_QUEUE_URL": QUEUE_URL})
    assert set(dag.task_ids) == set(arrivals.task_ids) - {"wait_for_files"}
    assert {task.task_id: task.downstream_task_ids for task in arrivals.tasks if task.task_id != "wait_for_files"} == {
        task.task_id: task.downstream_task_ids for task in dag.tasks
    }


def test_without_settings_the_dag_is_shown_and_its_tasks_say_what_is_missing(parsed):
    dag = parsed({})
    with pytest.raises(AirflowFailException, match=r"LAKEHOUSE_LAKE_BUCKET and .*_DATA_DOCS_BUCKET not set"):
        dag.get_task("claim_files")._pre_execute_hook({})
    assert "pre_execute" not in dag_default_args(LakehouseSettings.from_environment(SETTINGS))
