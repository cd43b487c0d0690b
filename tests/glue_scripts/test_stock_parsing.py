"""A file that the reader cannot cope with, beside one that it can."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from lakehouse_glue.arrivals.objects import Objects, RefusedError
from lakehouse_glue.arrivals.splits import split_file
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.layout import find_layout
from lakehouse_glue.stocks.parsing import chunks
from lakehouse_glue.stocks.parsing.chunks import parse_splits

from lakehouse_contract.arrivals.claims import ClaimedFile

HEADER = b"date,symbol,open,high,low,close,volume\n"
GOOD = HEADER + b"2005-01-03,ABC,1.5,2,1,1.75,100\n"
TRAP = GOOD.replace(b"ABC", b"TRAP")


@pytest.fixture
def counts_of(tmp_path):
    def parse(*contents: bytes) -> dict:
        """Parse files, one task each; the counts of each file."""
        tasks = []
        for number, content in enumerate(contents):
            (tmp_path / f"{number}.csv").write_bytes(content)
            file = ClaimedFile(f"{number}.csv", f"{number}.csv", len(content), "etag", datetime(2024, 5, 1, tzinfo=UTC))
            layout = find_layout(lambda size, content=content: content[:size], file.name, read_feeds())
            tasks.append(split_file(number, file, layout))
        counts = {}
        parse = parse_splits(Objects(tmp_path.as_uri()), tasks, date(2024, 5, 1), counts.update)
        list(parse(iter([pa.record_batch({"id": range(len(tasks))})])))
        return {file: split for (file, _), split in counts.items()}

    return parse


def failing(error: Exception):
    parse_rows = chunks.parse_rows

    def parse(chunk: bytes, *others):
        if b"TRAP" in chunk:
            raise error
        return parse_rows(chunk, *others)

    return parse


def test_file_on_which_the_reader_fails_is_unusable_and_the_others_are_read(counts_of, monkeypatch):
    monkeypatch.setattr(chunks, "parse_rows", failing(ValueError("surprise")))
    trapped, good = counts_of(TRAP, GOOD).values()
    assert trapped.unusable.startswith("The reader failed on it with ValueError: surprise.")
    assert (good.rows, good.bad_rows, good.unusable) == (1, 0, None)


def test_file_that_s3_refuses_is_unusable_and_the_others_are_read(counts_of, monkeypatch):
    read_range = Objects.read_range

    def refuse(objects, key, start, size):
        if key == "0.csv":
            raise RefusedError("AccessDenied: Access Denied")
        return read_range(objects, key, start, size)

    monkeypatch.setattr(Objects, "read_range", refuse)
    refused, good = counts_of(GOOD, GOOD).values()
    assert refused.unusable.startswith("S3 refuses to let the job read it (AccessDenied: Access Denied)")
    assert (good.rows, good.unusable) == (1, None)


def test_lack_of_memory_is_not_the_fate_of_the_file(counts_of, monkeypatch):
    monkeypatch.setattr(chunks, "parse_rows", failing(MemoryError()))
    with pytest.raises(MemoryError):
        counts_of(TRAP)


def test_line_with_too_few_columns_and_a_byte_that_is_no_utf8_is_one_bad_row(counts_of):
    (counts,) = counts_of(GOOD + b"Summe f\xfcr M\xe4rz\n").values()
    assert (counts.rows, dict(counts.reasons), counts.unusable) == (2, {"column_count": 1}, None)
