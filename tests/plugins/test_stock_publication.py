"""Publishing loads, against real objects and a real catalog."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.operators.publish_stock_load import PublishStockLoadOperator


@pytest.fixture
def arrive(stock_lake):
    """`arrive("jr_1", ["01"])`: a file arrives, is claimed and becomes an unpublished load of the months."""

    def load(name, months, base=0, **outcome):
        stock_lake.drop(f"{name}.csv", name.encode())
        claim = stock_lake.claim(name)
        files = [file | outcome for file in stock_lake.claimed_files(claim)]
        stock_lake.load(name, name, files, months, base)

    return load


def location(stock_lake, load, month):
    return f"s3://{stock_lake.bucket}/analytics/stock_prices/load={load}/year=2026/month={month}/"


def publish(stock_lake, load):
    return PublishStockLoadOperator(
        task_id="publish",
        bucket=stock_lake.bucket,
        database=stock_lake.database,
        load=load,
        retention=timedelta(days=14),
    ).execute({})


def test_months_of_a_load_replace_those_of_the_load_before(stock_lake, arrive):
    arrive("jr_1", ["01", "02"])
    publish(stock_lake, "jr_1")
    arrive("jr_2", ["02"], base=1)
    publish(stock_lake, "jr_2")
    assert stock_lake.partitions("stock_prices") == {
        ("2026", "01"): location(stock_lake, "jr_1", "01"),
        ("2026", "02"): location(stock_lake, "jr_2", "02"),
    }
    assert set(stock_lake.partitions("stock_price_rejects")) == {("jr_1",), ("jr_2",)}


def test_of_two_loads_from_one_state_the_second_is_refused_and_its_files_stay(stock_lake, arrive):
    arrive("jr_1", ["01"])
    arrive("jr_2", ["01"])
    publish(stock_lake, "jr_2")
    with pytest.raises(LakeError, match="jr_1 read stock_prices at commit 0, but load jr_2 has committed 1"):
        publish(stock_lake, "jr_1")
    assert stock_lake.partitions("stock_prices")["2026", "01"] == location(stock_lake, "jr_2", "01")


def test_a_commit_that_another_writer_makes_at_the_same_time_wins_once(stock_lake, arrive, monkeypatch):
    arrive("jr_1", ["01"])
    arrive("jr_2", ["02"])
    monkeypatch.setattr(stock_lake.table, "latest", lambda: None)
    stock_lake.table._commit("jr_1")
    with pytest.raises(LakeError, match="jr_1 has committed 1"):
        stock_lake.table._commit("jr_2")


def test_publishing_again_changes_nothing(stock_lake, arrive):
    arrive("jr_1", ["01"])
    first = publish(stock_lake, "jr_1")
    assert publish(stock_lake, "jr_1") == first
    assert stock_lake.table.numbers() == [1]
    assert stock_lake.names("processed/") == ["jr_1.csv"]


def test_publishing_again_after_others_have_published_changes_nothing(stock_lake, arrive):
    arrive("jr_1", ["01", "02"])
    first = publish(stock_lake, "jr_1")
    arrive("jr_2", ["02"], base=1)
    publish(stock_lake, "jr_2")
    before = stock_lake.partitions("stock_prices"), sorted(stock_lake.keys(""))
    assert publish(stock_lake, "jr_1") == first
    assert (stock_lake.partitions("stock_prices"), sorted(stock_lake.keys(""))) == before


def test_the_ledger_has_a_line_for_each_file(stock_lake, arrive):
    arrive("jr_1", ["01"])
    publish(stock_lake, "jr_1")
    (line,) = [json.loads(line) for line in stock_lake.content("audit/stock_file_ledger/jr_1.json").splitlines()]
    (processed,) = stock_lake.keys("processed/")
    assert (line["file_name"], line["status"], line["rows_in"], line["rows_out"], line["rows_rejected"]) == (
        "jr_1.csv",
        "loaded",
        3,
        2,
        1,
    )
    assert line["location"] == f"s3://{stock_lake.bucket}/{processed}"
    assert line["finished_at"] == "2026-11-20 12:00:00.000000"


def test_a_quarantined_file_goes_aside_with_its_reason(stock_lake, arrive):
    arrive("jr_1", [], status="quarantined", reason="The file has no header.")
    publish(stock_lake, "jr_1")
    assert stock_lake.names("quarantine/") == ["jr_1.csv", "jr_1.csv.reason.txt"]
    (reason,) = [key for key in stock_lake.keys("quarantine/") if key.endswith(".reason.txt")]
    assert stock_lake.content(reason) == b"The file has no header.\n"
    assert stock_lake.keys("claimed/") == []


def test_a_file_that_left_the_quarantine_leaves_no_reason_there_when_its_load_is_completed_again(stock_lake, arrive):
    arrive("jr_1", [], status="quarantined", reason="The file has no header.")
    publish(stock_lake, "jr_1")
    for key in stock_lake.keys("quarantine/"):
        stock_lake.s3.delete_object(Bucket=stock_lake.bucket, Key=key)
    stock_lake.table.complete(stock_lake.table.latest())
    assert stock_lake.keys("quarantine/") == []


def test_the_result_counts_files_and_rows(stock_lake, arrive):
    arrive("jr_1", ["01"])
    result = publish(stock_lake, "jr_1")
    assert {name: result[name] for name in ("files", "quarantined", "rows_in", "rows_out", "rows_rejected")} == {
        "files": 1,
        "quarantined": 0,
        "rows_in": 3,
        "rows_out": 2,
        "rows_rejected": 1,
    }


def test_redshift_is_given_all_that_changed_since_the_commit_that_it_holds(stock_lake, arrive):
    arrive("jr_1", ["01", "02"])
    loaded = publish(stock_lake, "jr_1")["commit"]
    arrive("jr_2", ["02"], base=1)
    publish(stock_lake, "jr_2")
    arrive("jr_3", ["03"], base=2)
    publish(stock_lake, "jr_3")
    url = stock_lake.table.write_manifest(stock_lake.table.latest(), loaded)
    entries = json.loads(stock_lake.content(url.removeprefix(f"s3://{stock_lake.bucket}/")))["entries"]
    expected = [
        f"{location(stock_lake, load, month)}part-0.parquet" for load, month in (("jr_2", "02"), ("jr_3", "03"))
    ]
    assert [entry["url"] for entry in entries] == expected
    sizes = [len(stock_lake.content(url.removeprefix(f"s3://{stock_lake.bucket}/"))) for url in expected]
    assert [entry["meta"]["content_length"] for entry in entries] == sizes


def test_nothing_is_to_be_loaded_into_redshift_when_no_month_changed(stock_lake, arrive):
    arrive("jr_1", [], status="duplicate")
    publish(stock_lake, "jr_1")
    assert stock_lake.table.write_manifest(stock_lake.table.latest(), 0) is None


def test_files_that_a_load_left_over_are_in_the_next_claim(stock_lake):
    for name in ("a.csv", "b.csv"):
        stock_lake.drop(name, name.encode())
    claim = stock_lake.claim("run")
    first, second = stock_lake.claimed_files(claim)
    stock_lake.load("jr_1", "run", [first], ["01"], base=0)
    publish(stock_lake, "jr_1")
    assert stock_lake.keys("claimed/") == [second["key"]]
    assert [file["name"] for file in stock_lake.claimed_files(stock_lake.claim("next"))] == ["b.csv"]


def test_loads_that_nobody_reads_expire(stock_lake, arrive):
    arrive("jr_1", ["01", "02"])
    publish(stock_lake, "jr_1")
    arrive("jr_2", ["01"], base=1)
    publish(stock_lake, "jr_2")
    arrive("jr_3", ["02"], base=2)
    publish(stock_lake, "jr_3")
    arrive("killed", ["01"], base=3)
    assert stock_lake.table.expire(datetime.now(UTC) + timedelta(hours=1)) == ["jr_1", "killed"]
    assert stock_lake.keys("analytics/stock_prices/load=jr_1/") == []
    assert stock_lake.keys(location(stock_lake, "jr_2", "01").removeprefix(f"s3://{stock_lake.bucket}/"))


def test_loads_that_were_the_table_until_a_short_time_ago_do_not_expire(stock_lake, arrive):
    def commit_at(number, moment):
        document = stock_lake.table.commit_of(number) | {"committed_at": moment.isoformat()}
        key = f"analytics/_commits/stock_prices/{number:08d}.json"
        stock_lake.s3.put_object(Bucket=stock_lake.bucket, Key=key, Body=json.dumps(document).encode())

    now = datetime.now(UTC)
    for number, hours in ((1, 0), (2, 2), (3, 3)):
        arrive(f"jr_{number}", ["01"], base=number - 1)
        publish(stock_lake, f"jr_{number}")
        commit_at(number, now + timedelta(hours=hours))
    assert stock_lake.table.expire(now + timedelta(hours=1)) == []
    first = "analytics/_commits/stock_prices/00000001.json"
    stock_lake.s3.put_object(Bucket=stock_lake.bucket, Key=first, Body=b"of a time that matters no more")
    assert stock_lake.table.expire(now + timedelta(hours=2.5)) == ["jr_1"]


def test_merged_months_of_a_load_do_not_expire_while_they_are_the_table(stock_lake):
    stock_lake.drop("a.csv")
    claim = stock_lake.claim("jr_1")
    stock_lake.load("jr_1", "jr_1", stock_lake.claimed_files(claim), ["01"], base=0, folder="jr_1-merged")
    publish(stock_lake, "jr_1")
    assert stock_lake.table.expire(datetime.now(UTC) + timedelta(hours=1)) == []
