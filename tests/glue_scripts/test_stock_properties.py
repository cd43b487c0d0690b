"""Whatever a stock file holds, each of its rows is read as it stands or rejected, and no file stops another."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lakehouse_glue.arrivals import objects, splits
from lakehouse_glue.arrivals.counts import Counts, lines_before_splits
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.source import Source
from lakehouse_glue.arrivals.splits import split_file
from lakehouse_glue.arrivals.unusable import UnusableFileError
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.layout import find_layout
from lakehouse_glue.stocks.parsing.chunks import parse_split
from lakehouse_glue.stocks.parsing.rows import VALUES
from lakehouse_glue.stocks.parsing.source import with_days_first

from lakehouse_contract.arrivals.claims import ClaimedFile
from tests.fuzz.found import found_files
from tests.fuzz.stock_files import StockFile, make_file
from tests.fuzz.stock_reading import TODAY, Row, read_plainly

FILES_OF_ONE_CLAIM = 40
bounded = settings(
    max_examples=250, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
files = st.randoms(use_true_random=False).map(make_file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("files")


def read(folder: Path, file: StockFile, *, is_day_first: bool = False) -> tuple[Counts, dict[int, Row], dict[int, str]]:
    """What the job's reader makes of a file: its counts, its rows and the reasons of the others, by line."""
    (folder / "file.csv").write_bytes(file.content)
    claimed = ClaimedFile(file.name, "file.csv", len(file.content), "etag", datetime(2026, 1, 1, tzinfo=UTC))
    layout = find_layout(lambda size: file.content[:size], file.name, read_feeds())
    lake = Objects(folder.as_uri())
    source = Source(lake, {1: claimed}, {1: split_file(1, claimed, layout)}, {1: layout.header_lines})
    if is_day_first:
        source = with_days_first(source, {1})
    parts = source.splits[1]
    chunks = {(1, split.start): list(parse_split(lake, split, TODAY)) for split in parts}
    counts = {start: sum((chunk.counts for chunk in found), Counts()) for start, found in chunks.items()}
    before = lines_before_splits(counts, source.header_lines)
    rows, rejected = {}, {}
    for start, found in chunks.items():
        for chunk in found:
            first = before[start] + chunk.first_line + 1
            rows |= {first + row["line"]: row_of(row) for row in chunk.rows.table.to_pylist()}
            rejected |= {first + line: reason for line, reason in chunk.rows.rejected.items()}
    total = sum(counts.values(), Counts())
    if total.orders.problem is None and total.orders.needs_day_first:
        return read(folder, file, is_day_first=True)
    return total, rows, rejected


def row_of(row: dict) -> Row:
    return row["symbol"], row["trade_date"], *(Decimal(row[name]) / 1_000_000 for name in VALUES)


@bounded
@given(file=files, split_bytes=st.sampled_from([50, 200, 10**6]), part_bytes=st.sampled_from([30, 10**6]))
def test_every_row_is_read_as_it_stands_or_rejected(folder, file, split_bytes, part_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "SPLIT_BYTES", split_bytes)
        patch.setattr(objects, "PART_BYTES", part_bytes)
        check(folder, file)


@pytest.mark.parametrize("file", found_files(), ids=lambda file: file.name)
def test_a_found_file_is_read_as_it_stands(folder, file):
    check(folder, file)


def check(folder: Path, file: StockFile) -> None:
    counts, rows, rejected = read(folder, file)
    expected = read_plainly(file)
    assert (counts.orders.problem is None) == expected.has_order
    assert counts.rows == len(rows) + len(rejected) == len(expected.rows) + len(expected.rejected)
    if expected.has_order:
        assert rejected.keys() == expected.rejected
        assert rows == expected.rows


@bounded
@given(content=st.one_of(st.binary(max_size=300), files.map(lambda file: file.content)), random=st.randoms())
def test_no_header_makes_the_reader_fail(content, random):
    place = random.randrange(len(content) + 1)
    broken = content[:place] + bytes([random.randrange(256)]) + content[place + random.randrange(3) :]
    for name in ("a.csv", "a.csv.gz", "plain/a.csv", "german/a.csv"):
        try:
            layout = find_layout(lambda size: broken[:size], name, read_feeds())
        except UnusableFileError as error:
            reason = str(error)
        else:
            reason = ""
            assert layout.data_start <= len(broken)
        assert "The reader failed" not in reason


def test_no_file_of_a_claim_stops_another(stock_lake):
    random = Random(1)  # noqa: S311  # Test data.
    dropped = [make_file(random) for _ in range(FILES_OF_ONE_CLAIM)]
    manifest = stock_lake.load("load", [(file.name, file.content) for file in dropped], share=1)
    rows = {(row["symbol"], row["trade_date"]): [row[name] for name in VALUES] for row in stock_lake.rows(manifest)}
    last = {}
    for entry, file in zip(manifest["files"], dropped, strict=True):
        reading = read_plainly(file)
        assert entry["rows_in"] == entry["rows_out"] + entry["rows_rejected"]
        if entry["status"] == "duplicate":
            continue
        assert entry["status"] == ("loaded" if reading.has_order else "quarantined"), entry
        assert entry["rows_in"] == len(reading.rows) + len(reading.rejected)
        if reading.has_order:
            last |= {(symbol, day): values for symbol, day, *values in reading.rows.values()}
    assert rows == last
    assert sum(entry["rows_out"] for entry in manifest["files"]) == len(rows)
