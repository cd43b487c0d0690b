"""What is archived is what the run extracted, or the task says why it is not."""

import threading

import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.raw_archive.hook import RawArchiveHook
from lakehouse_aws.raw_archive.operator import ArchiveRawOperator

from lakehouse_contract.raw_archive import ArchiveManifest, Extraction

CUSTOMERS = "raw/rds/public/customers/"
FIRST, SECOND = f"{CUSTOMERS}LOAD00000001.parquet", f"{CUSTOMERS}LOAD00000002.parquet"
COMPARED = "raw/changed_by_dms/before.parquet"
DAY, RUN_ID = "2026-11-20", "scheduled__2026-11-20T05:00:00+00:00"
COUNTS = {"customers": {"source_rows": 2, "raw_rows": 2}}


@pytest.fixture
def put(s3, lake_bucket):
    def put_files(files):
        for key, body in files.items():
            s3.put_object(Bucket=lake_bucket, Key=key, Body=body)

    return put_files


@pytest.fixture
def extracted(put, lake_bucket):
    """`extracted(files)` puts them below `raw/` and gives what the gate says of them."""

    def extract(files, load_date=DAY):
        put(files)
        return Extraction(load_date, COUNTS, tuple(RawArchiveHook().raw_files(lake_bucket, {"customers": CUSTOMERS})))

    return extract


@pytest.fixture
def day(extracted):
    return extracted({FIRST: b"one", SECOND: b"two", COMPARED: b"none"})


@pytest.fixture
def archived(s3, lake_bucket):
    """The archived files by what follows their archive's folder."""

    def read():
        listed = s3.list_objects_v2(Bucket=lake_bucket, Prefix="archive/").get("Contents", [])
        keys = [item["Key"] for item in listed]
        return {key: s3.get_object(Bucket=lake_bucket, Key=key)["Body"].read() for key in keys}

    return read


def contents(archived):
    return {key.split("/", 3)[3]: body for key, body in archived().items() if not key.endswith("manifest.json")}


def test_files_of_other_pipelines_are_neither_archived_nor_in_the_way(lake_bucket, day, put, archived):
    put({"raw/market_data/source=twelve_data/date=2026-11-20/answer.json": b"{}"})
    RawArchiveHook().archive(lake_bucket, day, RUN_ID)
    assert contents(archived).keys() == {
        "rds/public/customers/LOAD00000001.parquet",
        "rds/public/customers/LOAD00000002.parquet",
        "changed_by_dms/before.parquet",
    }


def test_the_files_of_a_run_are_archived_with_a_manifest_of_what_they_are(run, lake_bucket, day, archived, context):
    operator = ArchiveRawOperator(
        task_id="archive_raw", bucket=lake_bucket, extraction=day.document(), run_id=context["ti"].run_id
    )
    manifest_key = run(operator)

    manifest = ArchiveManifest.from_json(archived()[manifest_key])
    assert manifest_key.startswith(f"archive/load_date={DAY}/run=manual__2026-11-20T05_00_00_00_00-")
    assert (manifest.run_id, manifest.load_date, manifest.tables) == (context["ti"].run_id, DAY, COUNTS)
    assert {file.key: (file.table, file.size) for file in manifest.files} == {
        manifest_key.replace("manifest.json", "rds/public/customers/LOAD00000001.parquet"): ("customers", 3),
        manifest_key.replace("manifest.json", "rds/public/customers/LOAD00000002.parquet"): ("customers", 3),
        manifest_key.replace("manifest.json", "changed_by_dms/before.parquet"): ("changed_by_dms", 4),
    }
    assert all(archived()[file.key] in (b"one", b"two", b"none") for file in manifest.files)


def test_an_old_run_that_is_cleared_finds_its_archive_and_leaves_it(lake_bucket, day, extracted, archived):
    first = RawArchiveHook().archive(lake_bucket, day, RUN_ID)
    before = archived()
    extracted({FIRST: b"ONE", SECOND: b"TWO", COMPARED: b"NONE"})

    assert RawArchiveHook().archive(lake_bucket, day, RUN_ID) == first
    assert archived() == before


@pytest.mark.parametrize(
    "later",
    [{FIRST: b"ONE"}, {f"{CUSTOMERS}LOAD00000003.parquet": b"new"}],
    ids=["other content of the same size", "one file more"],
)
def test_files_of_another_extraction_are_not_archived_as_this_runs(lake_bucket, day, put, archived, later):
    put(later)

    with pytest.raises(LakeError, match=f"other files than the run .* extracted .*{next(iter(later))}.*not archived"):
        RawArchiveHook().archive(lake_bucket, day, RUN_ID)

    assert archived() == {}


def test_a_file_that_is_gone_is_named(s3, lake_bucket, day, archived):
    s3.delete_object(Bucket=lake_bucket, Key=SECOND)
    with pytest.raises(LakeError, match=SECOND):
        RawArchiveHook().archive(lake_bucket, day, RUN_ID)
    assert archived() == {}


def test_a_copy_that_was_interrupted_is_completed(lake_bucket, day, archived, monkeypatch):
    hook = RawArchiveHook()
    copy = hook.copy

    def killed_at_the_second(bucket, source, target, etag, size):
        if source == SECOND:
            raise ConnectionError("killed")
        copy(bucket, source, target, etag, size)

    monkeypatch.setattr(hook, "copy", killed_at_the_second)
    with pytest.raises(ConnectionError):
        hook.archive(lake_bucket, day, RUN_ID)
    assert not any(key.endswith("manifest.json") for key in archived())
    with pytest.raises(LakeError, match=r"no complete archive in .*without a manifest"):
        hook.find(lake_bucket, DAY)

    RawArchiveHook().archive(lake_bucket, day, RUN_ID)

    assert contents(archived) == {
        "rds/public/customers/LOAD00000001.parquet": b"one",
        "rds/public/customers/LOAD00000002.parquet": b"two",
        "changed_by_dms/before.parquet": b"none",
    }


def test_files_that_are_replaced_while_they_are_copied_make_no_archive(lake_bucket, day, put, archived, monkeypatch):
    hook = RawArchiveHook()
    copy = hook.copy

    def replaced_before(bucket, source, target, etag, size):
        put({SECOND: b"TWO"})
        copy(bucket, source, target, etag, size)

    monkeypatch.setattr(hook, "copy", replaced_before)
    with pytest.raises(LakeError, match=SECOND):
        hook.archive(lake_bucket, day, RUN_ID)
    assert not any(key.endswith("manifest.json") or body == b"TWO" for key, body in archived().items())


def test_two_tries_at_once_make_one_archive(lake_bucket, day, archived):
    manifests, start = [], threading.Barrier(2)

    def archive():
        hook = RawArchiveHook()
        start.wait()
        manifests.append(hook.archive(lake_bucket, day, RUN_ID))

    tries = [threading.Thread(target=archive) for _ in range(2)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()

    first, second = manifests
    assert first == second == ArchiveManifest.from_json(archived()[first.key])
    assert len(contents(archived)) == 3


def test_another_extraction_of_the_same_run_is_another_archive_and_the_latest_of_the_day(
    lake_bucket, day, extracted, archived
):
    first = RawArchiveHook().archive(lake_bucket, day, RUN_ID)
    again = extracted({FIRST: b"ONE", SECOND: b"TWO", COMPARED: b"NONE"})
    second = RawArchiveHook().archive(lake_bucket, again, RUN_ID)

    assert first.run != second.run
    assert RawArchiveHook().find(lake_bucket, DAY) == second
    assert RawArchiveHook().find(lake_bucket, DAY, first.run) == first
    assert sorted(body for key, body in archived().items() if "LOAD" in key) == [b"ONE", b"TWO", b"one", b"two"]


@pytest.mark.parametrize(
    ("load_date", "run_name", "sentence"),
    [
        ("2026-11-19", "", "no complete archive in .*load_date=2026-11-19/: choose a day"),
        ("2026-11-20", "another", "no complete archive in .*run=another/"),
        ("yesterday", "", "'yesterday' is no day: write it as"),
        ("2026-11-20", "../run", "is not the name of an archived run"),
    ],
)
def test_a_day_or_a_run_without_an_archive_is_said_to_have_none(lake_bucket, day, load_date, run_name, sentence):
    RawArchiveHook().archive(lake_bucket, day, RUN_ID)
    with pytest.raises(LakeError, match=sentence):
        RawArchiveHook().find(lake_bucket, load_date, run_name)
