"""Loads of the stock job, one after the other on one table."""

import gzip
import hashlib
import random
import struct
from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest
from lakehouse_glue.arrivals import splits
from lakehouse_glue.arrivals.counts import Counts, MergeCounts
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.stocks import job
from lakehouse_glue.stocks.months import writing
from pyspark.errors import IllegalArgumentException

from lakehouse_contract.runs import run_document_key
from tests.glue_scripts.stock_lake import csv, outcome, reason


class KilledError(Exception):
    pass


@pytest.fixture
def publish(stock_lake):
    def load_and_publish(run: str, files: dict[str, str], hour: int = 0) -> dict:
        manifest = stock_lake.load(run, list(files.items()), hour)
        stock_lake.publish(manifest)
        return manifest

    return load_and_publish


def closes(rows: list[dict]) -> dict[tuple[str, str], str]:
    """Close by symbol and date."""
    return {(row["symbol"], str(row["trade_date"])): str(row["close"]) for row in rows}


def line(day: str, symbol: str, price: object = 1, volume: int = 1) -> str:
    return f"{day},{symbol},{price},{price},{price},{price},{volume}"


def test_loads_agree_with_an_independent_calculation(stock_lake, publish):
    chance = random.Random(3)  # noqa: S311  # Test data.
    expected: dict[tuple[str, str], str] = {}
    for hour, run in enumerate(("first", "second", "third")):
        files = {}
        for name in ("a.csv", "b.csv"):
            days = [date(2005, 1, 1) + timedelta(days=chance.randrange(75)) for _ in range(60)]
            rows = [(str(day), chance.choice("ABC"), chance.randrange(1, 10**6)) for day in days]
            files[name] = csv(*(line(day, symbol, f"{units / 10_000:.6f}") for day, symbol, units in rows))
            expected |= {(symbol, day): f"{units / 10_000:.6f}" for day, symbol, units in rows}
        manifest = publish(run, files, hour)
        for entry in manifest["files"]:
            assert entry["rows_in"] == 60 == entry["rows_out"] + entry["rows_rejected"]
    rows = stock_lake.published()
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
    assert stock_lake.months(second) == [(2005, 1, 3)]
    assert len(stock_lake.published()) == 4
    assert outcome(second, "a.csv") == ("loaded", 2, 2, 0)
    assert stock_lake.rejects(second) == []
    assert len(stock_lake.rows(first)) == 3


def test_file_that_arrived_before_what_is_published_corrects_nothing(stock_lake, publish):
    publish("first", {"late.csv": csv(line("2005-01-03", "A", 2), line("2005-01-04", "A", 2))}, hour=5)
    second = publish("second", {"early.csv": csv(line("2005-01-03", "A"), line("2005-01-04", "A", 2))}, hour=1)
    assert set(closes(stock_lake.rows(second)).values()) == {"2.000000"}
    assert outcome(second, "early.csv") == ("loaded", 2, 0, 2)
    assert stock_lake.rejects(second) == [("early.csv", 2, "superseded"), ("early.csv", 3, "duplicate_identical")]


@pytest.fixture(scope="module")
def claim_of_several(make_stock_lake):
    """The lake and the run document of a claim whose files have no stock in common but for those of a case."""
    lake = make_stock_lake()
    content = csv(line("2005-01-03", "S"))
    files = [
        ("a.csv", csv(line("2005-01-03", "A"), line("2005-01-04", "A", 3), line("2005-01-05", "A"))),
        ("a.csv", csv(line("2005-01-03", "A", 2), line("2005-01-04", "A", 3))),
        ("written_in_two_ways.csv", csv(line("2005-01-03", "b"), line("2005-01-04", " B "))),
        ("superseded.csv", content),
        ("superseding.csv", content.replace(",1\n", ",2\n")),
    ]
    return lake, lake.load("load", files)


def test_later_file_of_a_claim_wins(claim_of_several):
    lake, manifest = claim_of_several
    assert closes([row for row in lake.rows(manifest) if row["symbol"] == "A"]) == {
        ("A", "2005-01-03"): "2.000000",
        ("A", "2005-01-04"): "3.000000",
        ("A", "2005-01-05"): "1.000000",
    }
    assert [(entry["rows_in"], entry["rows_out"], entry["rows_rejected"]) for entry in manifest["files"]][:2] == [
        (3, 1, 2),
        (2, 2, 0),
    ]
    rejects = [reject for reject in lake.rejects(manifest) if reject[0] == "a.csv"]
    assert rejects == [("a.csv", 2, "superseded"), ("a.csv", 3, "duplicate_identical")]


def test_key_of_a_stock_is_the_hash_of_its_symbol(claim_of_several):
    lake, manifest = claim_of_several
    digest = hashlib.blake2b(b"B", digest_size=8).digest()
    rows = [row for row in lake.rows(manifest) if row["source_file"] == "written_in_two_ways.csv"]
    assert [row["stock_key"] for row in rows] == [struct.unpack(">q", digest)[0]] * 2


def test_file_whose_rows_are_all_superseded_is_loaded_with_no_rows_out(claim_of_several):
    lake, manifest = claim_of_several
    assert outcome(manifest, "superseded.csv") == ("loaded", 1, 0, 1)
    assert ("superseded.csv", 2, "superseded") in lake.rejects(manifest)


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


def test_content_in_the_ledger_is_a_duplicate(stock_lake, publish):
    content = csv(line("2005-01-03", "A"))
    publish("first", {"a.csv": content, "b.csv": "no header"})
    second = stock_lake.load("second", [("c.csv", content), ("b.csv", "no header")])
    assert outcome(second, "c.csv") == ("duplicate", 0, 0, 0)
    assert reason(second, "c.csv") == "The same content is loaded as a.csv."
    assert outcome(second, "b.csv")[0] == "quarantined"
    assert (stock_lake.months(second), stock_lake.rejects(second)) == ([], [])


def test_content_of_a_run_that_nobody_published_is_loaded(stock_lake):
    files = [("a.csv", csv(line("2005-01-03", "A")))]
    stock_lake.load("first", files)
    second = stock_lake.load("second", files)
    assert outcome(second, "a.csv") == ("loaded", 1, 1, 0)
    assert stock_lake.on_branch(second, "stock_prices").count() == 1


def test_months_are_one_sorted_zstd_file_each(stock_lake):
    lines = [line(f"2005-{month:02d}-{day}", symbol) for day in (9, 5) for month in (11, 2) for symbol in "BA"]
    manifest = stock_lake.load("load", [("a.csv", csv(*lines)), ("b.csv", csv(line("2005-02-07", "A")))])
    table = stock_lake.folder / "analytics/stock_prices/data"
    files = stock_lake.files(manifest)
    assert files == [table / "year=2005/month=2/load.parquet", table / "year=2005/month=11/load.parquet"]
    assert sorted(path for path in table.rglob("*") if path.is_file()) == sorted(files)
    metadata = pq.ParquetFile(files[0])
    assert {metadata.metadata.row_group(0).column(n).compression for n in range(12)} == {"ZSTD"}
    rows = metadata.read().to_pylist()
    order = [(row["symbol"], row["trade_date"].day) for row in rows]
    assert order == [("A", 5), ("A", 7), ("A", 9), ("B", 5), ("B", 9)]
    assert str(metadata.schema_arrow.field("close").type) == "decimal128(18, 6)"
    assert metadata.schema_arrow.field("arrived_at").type.unit == "us"


def test_header_alone_gives_no_months(stock_lake):
    manifest = stock_lake.load("load", [("a.csv", csv())])
    assert outcome(manifest, "a.csv") == ("loaded", 0, 0, 0)
    assert (stock_lake.months(manifest), manifest["quality"]["evaluated"]) == ([], 0)
    assert stock_lake.on_branch(manifest, "stock_prices").count() == 0


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
    assert stock_lake.rejects(manifest) == []


def test_load_is_written_once(stock_lake):
    stock_lake.load("load", [("a.csv", csv(line("2005-01-03", "A")))])
    with pytest.raises(IllegalArgumentException, match="run_load already exists"):
        stock_lake.load("load", [("a.csv", csv(line("2005-01-03", "A")))])


@pytest.fixture(scope="module")
def published_lake(make_stock_lake):
    """With a publication, after which runs are killed, each while it loads a file of its own."""
    lake = make_stock_lake()
    lake.publish(lake.load("first", [("a.csv", csv(line("2005-01-03", "A"), line("2005-02-01", "A")))]))
    return lake


@pytest.mark.parametrize(
    ("number", "killed_at"),
    enumerate(
        [
            "stocks.job.screen",
            "stocks.months.writing.replace_months",
            "stocks.job.reconcile",
            "stocks.job._check_quality",
            "arrivals.outcomes.append_ledger",
            "arrivals.outcomes.run_document",
        ],
        start=1,
    ),
)
def test_run_after_one_that_was_killed_finds_what_was_published(published_lake, monkeypatch, number, killed_at):
    name, day, killed, again = f"{number}.csv", f"2005-01-{number + 3:02d}", f"killed_{number}", f"again_{number}"
    before, files_before = closes(published_lake.published()), ledger_files(published_lake)
    claim = published_lake.claim(f"claim-{number}", [(name, csv(line(day, "A", 2), "bad"))], hour=number)

    def kill(*_args):
        raise KilledError

    with monkeypatch.context() as running:
        running.setattr(f"lakehouse_glue.{killed_at}", kill)
        with pytest.raises(KilledError):
            published_lake.ingest_claim(killed, claim)
    assert closes(published_lake.published()) == before
    assert not (published_lake.folder / run_document_key(killed)).exists()
    rerun = published_lake.ingest_claim(again, claim)
    published_lake.publish(rerun)
    assert outcome(rerun, name) == ("loaded", 2, 1, 1)
    assert published_lake.rejects(rerun) == [(name, 3, "column_count")]
    assert closes(published_lake.published()) == {**before, ("A", day): "2.000000"}
    assert ledger_files(published_lake) == {**files_before, name: [again]}
    assert files_before["a.csv"] == ["first"]


def ledger_files(lake) -> dict[str, list[str]]:
    """The runs that the published ledger names of each file."""
    runs: dict[str, list[str]] = {}
    for row in lake.spark.table(lake.table("stock_file_ledger")).collect():
        runs.setdefault(row["file_name"], []).append(row["run"])
    return runs


@pytest.mark.parametrize("again_share", [0.9, 0])
def test_rejects_of_a_run_whose_publication_was_given_up_are_replaced_by_those_of_the_next(
    stock_lake, publish, again_share
):
    publish("first", {"b.csv": csv(line("2005-01-03", "B"), "bad")})
    claim = stock_lake.claim("claim", [("a.csv", csv(line("2005-01-03", "A"), "bad", "worse"))], hour=1)
    given_up = stock_lake.ingest_claim("given_up", claim, share=0.9)
    stock_lake.publish(given_up | {"tables": dict.fromkeys(("stock_prices", "stock_price_rejects"))})
    again = stock_lake.ingest_claim("again", claim, share=again_share)
    stock_lake.publish(again)
    rows = stock_lake.spark.table(stock_lake.table("stock_price_rejects")).collect()
    of_a = [("a.csv", 3, "again"), ("a.csv", 4, "again")] if again_share else []
    assert sorted((row["source_file"], row["line_number"], row["run"]) for row in rows) == [
        *of_a,
        ("b.csv", 3, "first"),
    ]


def test_every_snapshot_of_a_run_names_the_run_and_what_it_began_at(stock_lake, publish):
    publish("first", {"a.csv": csv(line("2005-01-03", "A"), "bad")})
    second = publish("second", {"b.csv": csv(line("2005-01-03", "A", 2), "bad")}, hour=1)
    for name, entry in second["tables"].items():
        snapshot = stock_lake.java_table(name).snapshot(entry["snapshot_id"])
        properties = dict(snapshot.summary())
        assert properties["lakehouse.run"] == "second"
        assert properties["lakehouse.base-snapshot-id"] == str(entry["base_snapshot_id"])
        assert snapshot.parentId() == entry["base_snapshot_id"]


def test_tables_that_nothing_changed_keep_their_snapshot(stock_lake, publish):
    content = csv(line("2005-01-03", "A"))
    publish("first", {"a.csv": content})
    second = publish("second", {"a.csv": content}, hour=1)
    changed = {name for name, entry in second["tables"].items() if entry["snapshot_id"] != entry["base_snapshot_id"]}
    assert changed == {"stock_file_ledger"}


def test_rows_that_somebody_deleted_stay_deleted(stock_lake, publish):
    days = [line(f"2005-01-{day:02d}", symbol) for symbol in "AB" for day in range(3, 8)]
    publish("first", {"a.csv": csv(*days)})
    table = stock_lake.table("stock_prices")
    stock_lake.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('write.delete.mode' = 'merge-on-read')")
    stock_lake.spark.sql(f"DELETE FROM {table} WHERE symbol = 'A' AND trade_date > DATE '2005-01-03'")
    stock_lake.spark.sql(f"DELETE FROM {table} WHERE trade_date = DATE '2005-01-05'")
    publish("second", {"b.csv": csv(line("2005-01-10", "A", 2))}, hour=1)
    kept = {(row["symbol"], row["trade_date"].day) for row in stock_lake.published()}
    assert kept == {("A", 3), ("A", 10), ("B", 3), ("B", 4), ("B", 6), ("B", 7)}


def test_row_of_a_claim_that_breaks_a_rule_ends_the_run_before_its_document(stock_lake, monkeypatch):
    the_day_before = date(2005, 1, 3)
    monkeypatch.setattr(job, "write_months", lambda *given: writing.write_months(*given[:-1], the_day_before))
    with pytest.raises(
        BadInputError, match=r"^The months of stock_prices cannot be published, for this is not true: No row is of a fu"
    ):
        stock_lake.load("first", [("b.csv", csv(line("2005-01-04", "A")))])
    assert not (stock_lake.folder / run_document_key("first")).exists()


def test_rows_that_somebody_changed_to_break_a_rule_stay_and_hold_up_no_file(stock_lake, publish):
    publish("first", {"a.csv": csv(line("2005-01-03", "A"))})
    stock_lake.spark.sql(f"UPDATE {stock_lake.table('stock_prices')} SET volume = -1")
    second = publish("second", {"b.csv": csv(line("2005-01-04", "A"))}, hour=1)
    assert (second["quality"]["failed_critical"], second["quality"]["failed_warning"]) == (0, 1)
    volumes = {(row["source_file"], str(row["trade_date"]), int(row["volume"])) for row in stock_lake.published()}
    assert volumes == {("a.csv", "2005-01-03", -1), ("b.csv", "2005-01-04", 1)}


def test_claim_that_is_not_there_is_an_error(stock_lake):
    with pytest.raises(BadInputError, match=r"^There is no claim at file://.*/claimed/none\.json: pass the key"):
        stock_lake.ingest_claim("load", "claimed/none.json")


def test_task_that_runs_twice_is_counted_once():
    counts = {(1, 0): Counts(3, 2), (2, 0): Counts(5, 5)}
    total = MergeCounts().addInPlace(MergeCounts().addInPlace({}, dict(counts)), {(1, 0): Counts(3, 2)})
    assert total == counts
