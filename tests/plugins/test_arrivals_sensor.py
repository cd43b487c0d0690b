"""What wakes the arrivals pipeline, and what does not."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import TaskDeferred
from lakehouse_aws.arrivals.sensor import ArrivalsSensor
from lakehouse_aws.arrivals.work import Patience, find_work

from lakehouse_contract.arrivals.files import ArrivingFile
from lakehouse_contract.arrivals.kinds import ALL_ARRIVALS, STOCK_FILES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENCE = Patience(settle_seconds=10, stray_seconds=3600)


def item(key, age_seconds):
    return {"Key": key, "Size": 1, "ETag": '"0123456789"', "LastModified": NOW - timedelta(seconds=age_seconds)}


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.csv.GZ", "feed/a.csv", "_reload/a.csv"])
def test_a_stock_file_wakes_when_it_is_settled(name):
    assert find_work(STOCK_FILES, [item(f"landing/stocks/{name}", 9)], PATIENCE, NOW) is None
    assert find_work(STOCK_FILES, [item(f"landing/stocks/{name}", 11)], PATIENCE, NOW) == f"landing/stocks/{name}"


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.bak", "a.txt", "csv"])
def test_another_file_wakes_when_it_has_had_its_time_only(name):
    assert find_work(STOCK_FILES, [item(f"landing/stocks/{name}", 3500)], PATIENCE, NOW) is None
    assert find_work(STOCK_FILES, [item(f"landing/stocks/{name}", 3600)], PATIENCE, NOW) == f"landing/stocks/{name}"


def test_what_a_killed_run_did_not_tell_the_ledger_wakes_after_ten_minutes():
    key = "audit/untold_stock_files/quarantined-a.json"
    assert find_work(STOCK_FILES, [item(key, 590)], PATIENCE, NOW) is None
    assert find_work(STOCK_FILES, [item(key, 610)], PATIENCE, NOW) == key


def test_a_folder_wakes_never():
    folders = ("landing/stocks/", "landing/stocks/feed/", "claimed/stocks/", "claimed/stocks/run/")
    assert find_work(STOCK_FILES, [item(folder, 10**6) for folder in folders], PATIENCE, NOW) is None


def test_a_file_in_a_claim_wakes_and_what_describes_a_claim_does_not():
    file = "claimed/stocks/run/20261120T110000000000Z-01234567/a.csv"
    described = [item("claimed/stocks/run/claim.json", 600), item("claimed/stocks/run/attempts/jr_1.json", 1)]
    assert find_work(STOCK_FILES, described, PATIENCE, NOW) is None
    assert find_work(STOCK_FILES, [*described, item(file, 1)], PATIENCE, NOW) == file


def test_a_claim_that_no_run_finishes_wakes_ever_more_rarely():
    def wakes(*, arrived, described, attempted=None, is_part=False):
        """Times in seconds ago."""
        moment = (NOW - timedelta(seconds=arrived)).strftime("%Y%m%dT%H%M%S%fZ")
        items = [item(f"claimed/stocks/run/{moment}-01234567/a.csv", described)]
        items.append(item("claimed/stocks/run/claim.json", described))
        if attempted is not None:
            items.append(item("claimed/stocks/run/attempts/jr_1.json", attempted))
        if is_part:
            items.append(item("claimed/stocks/run/suspect.json", described))
        return find_work(STOCK_FILES, items, PATIENCE, NOW) is not None

    assert [wakes(arrived=12, described=described) for described in (2, 6)] == [False, True]
    assert [wakes(arrived=120, described=described) for described in (59, 60)] == [False, True]
    assert [wakes(arrived=10**6, described=described) for described in (599, 600)] == [False, True]
    assert [wakes(arrived=10**6, described=described, attempted=5) for described in (599, 600)] == [False, True]
    assert [wakes(arrived=10**6, described=10, attempted=attempted, is_part=True) for attempted in (20, 5)] == [
        False,
        True,
    ]


def test_a_half_of_a_claim_that_failed_wakes_at_once(arrivals_lake, monkeypatch):
    for name in ("a.csv", "b.csv"):
        arrivals_lake.drop(name, name.encode())
    claim = arrivals_lake.claim("run")
    for load in ("jr_1", "jr_2"):
        key = claim["claim"].replace("claim.json", f"attempts/{load}.json")
        arrivals_lake.s3.put_object(Bucket=arrivals_lake.bucket, Key=key, Body=b"{}")
    monkeypatch.setattr(arrivals_lake.files, "_failure", lambda _load: "The job failed.")
    (loaded,) = arrivals_lake.claimed_files(arrivals_lake.claim("next"))
    items = arrivals_lake.files.iter_file_metadata("claimed/", arrivals_lake.bucket)
    waiting = [entry for entry in items if loaded["key"].split("/")[2] != entry["Key"].split("/")[2]]
    assert find_work(STOCK_FILES, waiting, PATIENCE, datetime.now(UTC)) is not None


def test_a_file_that_cannot_be_moved_wakes_ever_more_rarely(arrivals_lake):
    arrivals_lake.drop("a.csv")
    (file,) = arrivals_lake.files.landed_files(arrivals_lake.bucket)
    arrived = file.arrived_at

    def wakes(attempted_after, looked_after):
        landed = {"Key": file.key, "Size": 1, "ETag": file.etag, "LastModified": arrived}
        blocked = {"Key": file.blocked_key, "LastModified": arrived + timedelta(hours=attempted_after)}
        return find_work(STOCK_FILES, [landed, blocked], PATIENCE, arrived + timedelta(hours=looked_after)) is not None

    assert [wakes(0, hours) for hours in (0.9, 1)] == [False, True]
    assert [wakes(1, hours) for hours in (2.9, 3)] == [False, True]
    assert [wakes(3, hours) for hours in (6.9, 7)] == [False, True]


def test_a_claimed_file_that_cannot_be_moved_wakes_ever_more_rarely():
    claimed = item("claimed/stocks/run/20261120T110000000000Z-01234567/a.csv", 3600)
    blocked_key = ArrivingFile.claimed(STOCK_FILES, claimed).blocked_key
    found = [find_work(STOCK_FILES, [claimed, item(blocked_key, age)], PATIENCE, NOW) for age in (3500, 3700)]
    assert [key is None for key in found] == [True, False]


@pytest.mark.parametrize("arrivals", ALL_ARRIVALS, ids=lambda arrivals: arrivals.name)
def test_each_kind_is_woken_by_its_own_files_alone(arrivals):
    items = [item(f"{kind.landing_prefix}a.csv", 60) for kind in ALL_ARRIVALS]
    assert find_work(arrivals, items, PATIENCE, NOW) == f"{arrivals.landing_prefix}a.csv"
    others = [one for one in items if not one["Key"].startswith(arrivals.landing_prefix)]
    assert find_work(arrivals, others, PATIENCE, NOW) is None


@pytest.fixture
def sensor(arrivals_lake):
    return ArrivalsSensor(
        task_id="wait",
        arrivals=STOCK_FILES,
        bucket=arrivals_lake.bucket,
        settle_seconds=2,
        stray_seconds=3600,
        poke_interval=0.1,
    )


def test_the_sensor_is_deferred_until_a_file_is_settled(arrivals_lake, sensor, run):
    arrivals_lake.drop("a.csv.part")
    with pytest.raises(TaskDeferred):
        sensor.execute({})
    started = time.monotonic()
    arrivals_lake.drop("a.csv")
    run(sensor)
    # S3 tells the time in whole seconds.
    assert time.monotonic() - started > 0.9
    arrivals_lake.claim("killed")
    run(sensor)
