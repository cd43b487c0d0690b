"""Loads of the stock job, one after the other on one table."""

import gzip
import hashlib
import json
import random
import shutil
import struct
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.stocks import splits
from lakehouse_glue.stocks.counts import Counts, MergeCounts
from lakehouse_glue.stocks.load import Run, build_load

from tests.glue_scripts.stock_lake import TODAY, StockLake, csv, outcome, reason


@pytest.fixture
def stock_lake(spark, tmp_path):
    return StockLake(tmp_path, spark)


@pytest.fixture
def publish(stock_lake):
    def load_and_commit(load: str, files: dict[str, str], hour: int = 0) -> dict:
        manifest = stock_lake.load(load, list(files.items()), hour)
        stock_lake.commit(manifest)
        return manifest

    return load_and_commit


def closes(rows: list[dict]) -> dict[tuple[str, str], str]:
    """Close by symbol and date."""
    return {(row["symbol"], str(row["trade_date"])): str(row["close"]) for row in rows}


def line(day: str, symbol: str, price: object = 1, volume: int = 1) -> str:
    return f"{day},{symbol},{price},{price},{price},{price},{volume}"


def test_loads_agree_with_an_independent_calculation(stock_lake, publish):
    chance = random.Random(3)  # noqa: S311  # Test data.
    expected: dict[tuple[str, str], str] = {}
    published: dict[str, str] = {}
    for hour, load in enumerate(("first", "second", "third")):
        files = {}
        for name in ("a.csv", "b.csv"):
            days = [date(2005, 1, 1) + timedelta(days=chance.randrange(75)) for _ in range(60)]
            rows = [(str(day), chance.choice("ABC"), chance.randrange(1, 10**6)) for day in days]
            files[name] = csv(*(line(day, symbol, f"{units / 10_000:.6f}") for day, symbol, units in rows))
            expected |= {(symbol, day): f"{units / 10_000:.6f}" for day, symbol, units in rows}
        manifest = publish(load, files, hour)
        published |= {entry["year"] + entry["month"]: entry["location"] for entry in manifest["partitions"]}
        for entry in manifest["files"]:
            assert entry["rows_in"] == 60 == entry["rows_out"] + entry["rows_rejected"]
    rows = stock_lake.rows({"partitions": [{"location": location} for location in published.values()]})
    assert closes(rows) == expected
    assert len(rows) == len(expected)


def test_later_arrival_corrects_an_earlier_load_and_keeps_its_other_rows(stock_lake, publish):
    first = publish("first", {"a.csv": csv(line("2005-01-03", "A"), line("2005-01-04", "A"), line("2005-02-01", "A"))})
    second = publish("second", {"a.csv": csv(line("2005-01-04", "A", 2), line("2005-01-05", "A", 2))}, hour=1)
    assert closes(stock_lake.rows(second)) == {
        ("A", "2005-01-03"): "1.000000",
        ("A", "2005-01-04"): "2.000000",
        ("A", "2005-01-05"): "2.000000",
    }
    assert [(entry["month"], entry["rows"]) for entry in second["partitions"]] == [("01", 3)]
    assert outcome(second, "a.csv") == ("loaded", 2, 2, 0)
    assert (second["base_commit"], second["rejects"]) == (1, None)
    assert len(stock_lake.rows(first)) == 3


def test_file_that_arrived_before_what_is_published_corrects_nothing(stock_lake, publish):
    publish("first", {"late.csv": csv(line("2005-01-03", "A", 2), line("2005-01-04", "A", 2))}, hour=5)
    second = publish("second", {"early.csv": csv(line("2005-01-03", "A"), line("2005-01-04", "A", 2))}, hour=1)
    assert set(closes(stock_lake.rows(second)).values()) == {"2.000000"}
    assert outcome(second, "early.csv") == ("loaded", 2, 0, 2)
    assert stock_lake.rejects(second) == [("early.csv", 2, "superseded"), ("early.csv", 3, "duplicate_identical")]


def test_later_file_of_a_claim_wins(stock_lake):
    files = [
        ("a.csv", csv(line("2005-01-03", "A"), line("2005-01-04", "A", 3), line("2005-01-05", "A"))),
        ("a.csv", csv(line("2005-01-03", "A", 2), line("2005-01-04", "A", 3))),
    ]
    manifest = stock_lake.load("load", files)
    assert closes(stock_lake.rows(manifest)) == {
        ("A", "2005-01-03"): "2.000000",
        ("A", "2005-01-04"): "3.000000",
        ("A", "2005-01-05"): "1.000000",
    }
    assert [(entry["rows_in"], entry["rows_out"], entry["rows_rejected"]) for entry in manifest["files"]] == [
        (3, 1, 2),
        (2, 2, 0),
    ]
    assert stock_lake.rejects(manifest) == [("a.csv", 2, "superseded"), ("a.csv", 3, "duplicate_identical")]


def test_lines_are_numbered_and_ordered_across_splits(stock_lake, monkeypatch):
    monkeypatch.setattr(splits, "SPLIT_BYTES", 100)
    lines = [line("2005-01-03", "A", price) for price in range(1, 13)]
    lines[7] = "bad"
    manifest = stock_lake.load("load", [("a.csv", csv(*lines))])
    assert closes(stock_lake.rows(manifest)) == {("A", "2005-01-03"): "12.000000"}
    assert outcome(manifest, "a.csv") == ("loaded", 12, 1, 11)
    assert stock_lake.rejects(manifest) == [
        ("a.csv", number, "column_count" if number == 9 else "superseded") for number in range(2, 13)
    ]


def test_content_in_the_ledger_is_a_duplicate(stock_lake):
    content = csv(line("2005-01-03", "A"))
    first = stock_lake.load("first", [("a.csv", content), ("b.csv", "no header")])
    entries = [{"file_name": entry["name"], **entry, "months": " ".join(entry["months"])} for entry in first["files"]]
    ledger = "".join(json.dumps(entry) + "\n" for entry in entries)
    stock_lake.lake.write("audit/stock_file_ledger/first.json", ledger.encode(), "application/json")
    second = stock_lake.load("second", [("c.csv", content), ("b.csv", "no header")])
    assert outcome(second, "c.csv") == ("duplicate", 0, 0, 0)
    assert reason(second, "c.csv") == "The same content is loaded as a.csv."
    assert outcome(second, "b.csv")[0] == "quarantined"
    assert (second["partitions"], second["rejects"]) == ([], None)


def test_content_of_the_latest_commit_is_a_duplicate_before_the_ledger_has_it(publish):
    content = csv(line("2005-01-03", "A"))
    publish("first", {"a.csv": content})
    assert outcome(publish("second", {"a.csv": content}, hour=1), "a.csv") == ("duplicate", 0, 0, 0)


def test_partitions_are_one_sorted_zstd_file_each(stock_lake):
    lines = [line(f"2005-{month:02d}-{day}", symbol) for day in (9, 5) for month in (11, 2) for symbol in "BA"]
    manifest = stock_lake.load("load", [("a.csv", csv(*lines)), ("b.csv", csv(line("2005-02-07", "A")))])
    table = stock_lake.folder / "analytics/stock_prices/load=load"
    months = [table / "year=2005/month=02", table / "year=2005/month=11"]
    assert [Path(entry["location"].removeprefix("file://")) for entry in manifest["partitions"]] == months
    assert all(entry["location"].endswith("/") for entry in manifest["partitions"])
    files = sorted(path for path in table.rglob("[!.]*") if path.is_file())
    assert [(path.parent, path.suffix) for path in files] == [(month, ".parquet") for month in months]
    metadata = pq.ParquetFile(files[0])
    assert {metadata.metadata.row_group(0).column(n).compression for n in range(10)} == {"ZSTD"}
    rows = metadata.read().to_pylist()
    order = [(row["symbol"], row["trade_date"].day) for row in rows]
    assert order == [("A", 5), ("A", 7), ("A", 9), ("B", 5), ("B", 9)]
    assert str(metadata.schema_arrow.field("close").type) == "decimal128(18, 6)"
    assert metadata.schema_arrow.field("arrived_at").type.unit == "us"


def test_key_of_a_stock_is_the_hash_of_its_symbol(stock_lake):
    manifest = stock_lake.load("load", [("a.csv", csv(line("2005-01-03", "a"), line("2005-01-04", " A ")))])
    digest = hashlib.blake2b(b"A", digest_size=8).digest()
    assert {row["stock_key"] for row in stock_lake.rows(manifest)} == {struct.unpack(">q", digest)[0]}


def test_header_alone_gives_no_partitions(stock_lake):
    manifest = stock_lake.load("load", [("a.csv", csv())])
    assert outcome(manifest, "a.csv") == ("loaded", 0, 0, 0)
    assert (manifest["partitions"], manifest["quality"]["evaluated"]) == ([], 0)


def test_file_whose_rows_are_all_superseded_is_loaded_with_no_rows_out(stock_lake):
    content = csv(line("2005-01-03", "A"))
    manifest = stock_lake.load("load", [("a.csv", content), ("b.csv", content.replace(",1\n", ",2\n"))])
    assert outcome(manifest, "a.csv") == ("loaded", 1, 0, 1)


def test_file_found_unusable_after_its_first_rows_leaves_none_of_them(stock_lake):
    good = csv(*(line("2005-01-03", f"S{number}") for number in range(100)))
    late = csv(*(line("2005-01-03", f"S{number}", 2, number) for number in range(200_000)))
    files = [
        ("good.csv", good),
        ("broken.csv.gz", gzip.compress(late.encode())[:-100]),
        ("bad.csv", good + "x\n" * 500),
    ]
    manifest = stock_lake.load("load", files)
    rows = stock_lake.rows(manifest)
    assert {(row["source_file"], str(row["close"])) for row in rows} == {("good.csv", "1.000000")}
    assert outcome(manifest, "good.csv") == ("loaded", 100, 100, 0)
    assert outcome(manifest, "broken.csv.gz") == ("quarantined", 0, 0, 0)
    assert outcome(manifest, "bad.csv") == ("quarantined", 600, 0, 600)
    assert manifest["rejects"] is None


def test_load_is_written_once(stock_lake):
    stock_lake.load("load", [("a.csv", csv(line("2005-01-03", "A")))])
    with pytest.raises(
        BadInputError, match=r"^There are files at file://.*/load=load/ already: a load is written once"
    ):
        stock_lake.load("load", [("a.csv", csv(line("2005-01-03", "A")))])


def test_load_after_one_that_was_killed_finds_what_was_published(stock_lake, publish, monkeypatch):
    first = publish("first", {"a.csv": csv(line("2005-01-03", "A"), line("2005-02-01", "A"))})
    before = closes(stock_lake.rows(first))
    files = [("b.csv", csv(*(line(f"2005-{month:02d}-04", "A", 2) for month in range(1, 7))))]
    killed = stock_lake.load("killed", files, hour=1)
    for partition in killed["partitions"][3:]:
        shutil.rmtree(partition["location"].removeprefix("file://"))
    (stock_lake.folder / "analytics/_manifests/stock_prices/killed.json").unlink()
    rerun = stock_lake.load("rerun", files, hour=1)
    assert (rerun["base_commit"], [entry["rows"] for entry in rerun["partitions"]]) == (1, [2, 2, 1, 1, 1, 1])
    assert closes(stock_lake.rows(rerun)).items() >= before.items()
    assert closes(stock_lake.rows(first)) == before
    assert not any("killed" in entry["location"] for entry in rerun["partitions"])


def test_partition_that_breaks_a_rule_ends_the_load_before_its_manifest(stock_lake, publish):
    first = publish("first", {"a.csv": csv(line("2005-01-03", "A"))})
    (file,) = Path(first["partitions"][0]["location"].removeprefix("file://")).glob("*.parquet")
    table = pq.read_table(file, partitioning=None)
    broken = table.set_column(
        table.schema.get_field_index("volume"), "volume", pa.array([Decimal(-1)], pa.decimal128(18, 6))
    )
    pq.write_table(broken, file)
    with pytest.raises(
        BadInputError, match=r"^The partitions of stock_prices were not published, for this is not true: volume >= 0"
    ):
        stock_lake.load("second", [("b.csv", csv(line("2005-01-04", "A")))], hour=1)
    assert not (stock_lake.folder / "analytics/_manifests/stock_prices/second.json").exists()


def test_claim_that_is_not_there_is_an_error(stock_lake):
    with pytest.raises(BadInputError, match=r"^There is no claim at file://.*/claimed/none\.json: pass the key"):
        build_load(stock_lake.spark, stock_lake.lake, Run("load", "run", "claimed/none.json", 0.05, TODAY))


def test_task_that_runs_twice_is_counted_once():
    counts = {(1, 0): Counts(3, 2), (2, 0): Counts(5, 5)}
    total = MergeCounts().addInPlace(MergeCounts().addInPlace({}, dict(counts)), {(1, 0): Counts(3, 2)})
    assert total == counts
