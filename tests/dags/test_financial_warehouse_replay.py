"""A past day takes the daily run's way from its archive on, and touches no raw file."""

from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError
from lakehouse.extraction import choose_archive
from lakehouse_aws.raw_archive.hook import RawArchiveHook

from lakehouse_contract.raw_archive import Extraction
from tests.airflow_support import AIRFLOW_ENVIRONMENT

COUNTS = {"customers": {"source_rows": 2, "raw_rows": 2}}


@pytest.fixture(scope="module")
def replay(dag_bag):
    return dag_bag.dags["financial_warehouse_replay"]


@pytest.fixture
def raw_bucket(aws, aws_endpoint, monkeypatch):
    for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
        monkeypatch.setenv(name, value)
    bucket = f"raw-{uuid4().hex[:12]}"
    aws("s3").create_bucket(Bucket=bucket)
    return bucket


@pytest.fixture
def archive_day(aws, raw_bucket):
    """`archive_day(load_date, content)` keeps a run's raw file; the archive's manifest."""

    def archive(load_date, content):
        aws("s3").put_object(Bucket=raw_bucket, Key="raw/rds/public/customers/1.parquet", Body=content)
        files = RawArchiveHook().raw_files(raw_bucket, {"customers": "raw/rds/public/customers/"})
        return RawArchiveHook().archive(raw_bucket, Extraction(load_date, COUNTS, tuple(files)), "manual__1")

    return archive


def test_a_replay_does_from_the_archive_on_what_the_daily_run_does(daily, replay):
    extracting = {task_id for task_id in daily.task_ids if task_id.startswith("extract.")}
    of_the_present = {*extracting, "check_raw_tables", "archive_raw", "catalog_raw"}
    assert len(of_the_present) == 7
    assert set(replay.task_ids) == set(daily.task_ids) - of_the_present | {"choose_archive"}
    for task_id in set(replay.task_ids) - {"choose_archive", "transform", "reconcile"}:
        task, twin = replay.get_task(task_id), daily.get_task(task_id)
        assert (type(task), task.upstream_task_ids) == (type(twin), twin.upstream_task_ids), task_id


def test_transform_and_reconciliation_take_the_files_and_the_counts_of_the_archive(replay):
    manifest = replay.get_task("transform").script_args["--raw_manifest"]
    assert (manifest.operator.task_id, manifest.key) == ("choose_archive", "raw_manifest")
    counts = replay.get_task("reconcile").op_args[-1]
    assert (counts.operator.task_id, counts.key) == ("choose_archive", "tables")


def test_of_the_archives_of_a_day_the_latest_is_chosen_or_the_one_that_is_named(raw_bucket, archive_day):
    other_day, first, last = (
        archive_day("2026-11-19", b"19"),
        archive_day("2026-11-20", b"1"),
        archive_day("2026-11-20", b"2"),
    )
    chosen = {
        run: choose_archive.function(raw_bucket, params={"load_date": "2026-11-20", "run": run})
        for run in ("", first.run)
    }
    assert chosen[""] == {"raw_manifest": last.key, "tables": COUNTS}
    assert chosen[first.run]["raw_manifest"] == first.key
    assert other_day.key not in {archive["raw_manifest"] for archive in chosen.values()}


def test_a_day_without_an_archive_is_said_to_have_none(raw_bucket):
    with pytest.raises(AirflowFailException, match=r"no complete archive in .*load_date=2026-11-20"):
        choose_archive.function(raw_bucket, params={"load_date": "2026-11-20", "run": ""})


@pytest.mark.parametrize("load_date", ["yesterday", "2026-13-01", ""])
def test_what_is_no_day_is_refused_when_the_dag_is_triggered(replay, load_date):
    with pytest.raises(ParamValidationError):
        replay.params.get_param("load_date").resolve(load_date)
