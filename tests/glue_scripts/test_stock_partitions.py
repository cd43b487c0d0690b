"""Months that are written from segments, with and without rows of the table."""

import random
import tracemalloc
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lakehouse_glue.stocks.months import files as month_files
from lakehouse_glue.stocks.months import writer as month_writer

from tests.glue_scripts.stock_segments import (
    Row,
    segment_of,
    segments_of,
    stock_file,
    writer,
    written_file,
    written_rows,
)

FEW_ROWS = 40


@pytest.fixture
def few_rows_at_once(monkeypatch):
    monkeypatch.setattr(month_writer, "MOST_ROWS_AT_ONCE", FEW_ROWS)


def chunks(seed: int, files: range) -> list[tuple[int, list[Row]]]:
    """Three chunks of each of the files, whose rows share symbols and days."""
    chance = random.Random(seed)  # noqa: S311  # Test data.
    symbols = [f"{letter}{number}" for letter in "aBÉ𐐷～" for number in range(12)]
    return [
        (file, [(chance.choice(symbols), chance.randrange(1, 32), chance.randrange(1, 10**6)) for _ in range(60)])
        for file in files
        for _ in range(3)
    ]


def latest(*loads: list[tuple[int, list[Row]]]) -> dict[tuple[str, int], tuple[str, Decimal]]:
    """File and price by symbol and day, worked out row by row."""
    kept: dict[tuple[str, int], tuple[int, int]] = {}
    for file, rows in [chunk for load in loads for chunk in load]:
        for symbol, day, price in rows:
            if file >= kept.get((symbol, day), (0, 0))[0]:
                kept[symbol, day] = (file, price)
    return {pair: (f"{file}.csv", Decimal(price) / 1_000_000) for pair, (file, price) in kept.items()}


def kept(rows: list[dict]) -> dict[tuple[str, int], tuple[str, Decimal]]:
    return {(row["symbol"], row["trade_date"].day): (row["source_file"], row["close"]) for row in rows}


def test_month_in_several_ranges_of_symbols_has_the_same_rows(tmp_path, monkeypatch):
    claimed = chunks(1, range(1, 4))
    list(writer(tmp_path, range(1, 4), "whole/").write(segments_of(claimed)))
    monkeypatch.setattr(month_writer, "MOST_ROWS_AT_ONCE", FEW_ROWS)
    list(writer(tmp_path, range(1, 4), "ranges/").write(segments_of(claimed)))
    assert written_rows(tmp_path, "ranges/") == written_rows(tmp_path, "whole/")
    whole, ranges = (pq.read_metadata(written_file(tmp_path, prefix)) for prefix in ("whole/", "ranges/"))
    assert whole.num_row_groups == 1
    rows = [ranges.row_group(number).num_rows for number in range(ranges.num_row_groups)]
    assert len(rows) > len(range(0, whole.num_rows, FEW_ROWS))
    assert max(rows) <= FEW_ROWS


def test_rows_are_in_the_order_of_symbol_and_date(tmp_path, few_rows_at_once):
    list(writer(tmp_path, range(1, 4)).write(segments_of(chunks(2, range(1, 4)))))
    order = [(row["symbol"].encode(), row["trade_date"]) for row in written_rows(tmp_path)]
    assert order == sorted(set(order))


@pytest.mark.parametrize(
    ("published", "claimed"), [(range(1, 4), range(4, 7)), (range(4, 7), range(1, 4)), (range(1, 7), range(2, 4))]
)
def test_of_the_table_and_the_claim_the_latest_arrival_is_kept(tmp_path, few_rows_at_once, published, claimed):
    before, after = chunks(3, published), chunks(4, claimed)
    list(writer(tmp_path, published, "old/").write(segments_of(before)))
    list(writer(tmp_path, claimed, "new/", published=written_file(tmp_path, "old/")).write(segments_of(after)))
    assert kept(written_rows(tmp_path, "old/")) == latest(before)
    assert kept(written_rows(tmp_path, "new/")) == latest(before, after)


def test_written_file_tells_its_rows_by_file(tmp_path, few_rows_at_once):
    claimed = chunks(5, range(1, 3))
    (batch,) = writer(tmp_path, range(1, 3)).write(segments_of(claimed))
    (summary,) = batch.to_pylist()
    files = [file for file, _ in latest(claimed).values()]
    assert dict(summary["rows_by_file"]) == {number: files.count(f"{number}.csv") for number in (1, 2)}
    assert (summary["year"], summary["month"], summary["rows"]) == (2005, 1, len(files))
    assert not any(count for name, count in summary.items() if name.endswith("_rows"))


def test_task_that_runs_twice_writes_the_same_file(tmp_path):
    claimed = chunks(6, range(1, 3))
    first = list(writer(tmp_path, range(1, 3)).write(segments_of(claimed)))
    content = written_file(tmp_path).read_bytes()
    second = list(writer(tmp_path, range(1, 3)).write(segments_of(claimed)))
    assert (second, written_file(tmp_path).read_bytes()) == (first, content)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [written_file(tmp_path)]


def test_files_of_other_decimals_are_merged_as_they_are(tmp_path):
    list(writer(tmp_path, [1], "old/").write(segments_of([(1, [("A", 3, 12_340_000), ("B", 3, 5_000_000)])])))
    written = pq.read_table(written_file(tmp_path, "old/"), partitioning=None)
    types = dict.fromkeys(("open", "high", "low", "close"), pa.decimal128(18, 4)) | {"volume": pa.int64()}
    for name, other in types.items():
        column = written[name].cast(pa.decimal128(38, 6)).cast(other, safe=False)
        written = written.set_column(written.schema.get_field_index(name), name, column)
    pq.write_table(written, written_file(tmp_path, "old/"))
    list(writer(tmp_path, [2], "new/", written_file(tmp_path, "old/")).write(segments_of([(2, [("B", 3, 6_000_000)])])))
    values = [(row["symbol"], row["close"], row["volume"]) for row in written_rows(tmp_path, "new/")]
    assert values == [("A", Decimal("12.34"), 12), ("B", 6, 6)]


def test_files_have_what_every_reader_of_parquet_knows(tmp_path):
    list(writer(tmp_path, [1]).write(segments_of([(1, [("A", 3, 12_345)])])))
    file = pq.ParquetFile(written_file(tmp_path))
    columns = {file.schema.column(number).name: file.schema.column(number) for number in range(10)}
    assert {columns[name].physical_type for name in ("open", "high", "low", "close", "volume")} == {"INT64"}
    assert str(columns["close"].logical_type) == "Decimal(precision=18, scale=6)"
    assert {"PLAIN", "RLE", "RLE_DICTIONARY"} == {
        encoding for number in range(10) for encoding in file.metadata.row_group(0).column(number).encodings
    }
    assert all(file.metadata.row_group(0).column(number).has_column_index for number in range(10))
    assert [(row["source_file"], row["arrived_at"]) for row in file.read().to_pylist()] == [
        ("1.csv", stock_file(1).arrived_at.replace(tzinfo=None))
    ]


@pytest.mark.parametrize("files", [1, 3])
def test_row_groups_are_small_and_of_whole_symbols(tmp_path, monkeypatch, files):
    monkeypatch.setattr(month_files, "MOST_ROWS_PER_GROUP", FEW_ROWS)
    list(writer(tmp_path, range(1, files + 1)).write(segments_of(chunks(7, range(1, files + 1)))))
    file = pq.ParquetFile(written_file(tmp_path))
    groups = [file.read_row_group(number, ["symbol"])["symbol"].to_pylist() for number in range(file.num_row_groups)]
    assert sum(map(len, groups)) == file.metadata.num_rows
    assert all(FEW_ROWS - 10 < len(group) <= FEW_ROWS for group in groups[:-1])
    assert not any(set(group) & set(following) for group, following in pairwise(groups))


def test_symbol_of_more_rows_than_a_group_has_a_group_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(month_files, "MOST_ROWS_PER_GROUP", 3)
    rows = [("A", 1, 1), *(("B", day, 1) for day in range(1, 8)), ("C", 1, 1), ("D", 1, 1)]
    list(writer(tmp_path, [1]).write(segments_of([(1, rows)])))
    metadata = pq.read_metadata(written_file(tmp_path))
    assert [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)] == [1, 7, 2]


def peak_of(folder, segments: int) -> int:
    """Bytes that Arrow and NumPy hold at most while a month of so many segments is written."""
    chance = np.random.default_rng(segments)
    symbols = pa.array([f"S{number}" for number in range(20_000)])

    def batches():
        for place in range(segments):
            order = pa.array(chance.permutation(20_000))
            yield segment_of(1, place, symbols.take(order), np.full(20_000, 1 + place % 28), np.arange(20_000))

    default = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(default)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        list(writer(folder, [1]).write(batches()))
        return pool.max_memory() + tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(default)


def test_memory_does_not_grow_with_the_rows_of_a_month(tmp_path, monkeypatch):
    monkeypatch.setattr(month_writer, "MOST_ROWS_AT_ONCE", 40_000)
    few = peak_of(tmp_path / "few", 7)
    many = peak_of(tmp_path / "many", 28)
    assert pq.read_metadata(written_file(tmp_path / "many")).num_rows == 28 * 20_000
    assert many < 1.3 * few
