import gzip
import random
from datetime import UTC, datetime
from itertools import chain

import pytest
from lakehouse_glue.arrivals import objects, splits
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.splits import MOST_LINE_BYTES, pack_splits, read_chunks, split_file
from lakehouse_glue.arrivals.unusable import UnusableFileError
from lakehouse_glue.stocks.feeds import recognition
from lakehouse_glue.stocks.feeds.declarations import read_feeds
from lakehouse_glue.stocks.feeds.feed import COLUMNS
from lakehouse_glue.stocks.feeds.layout import Layout

from lakehouse_contract.arrivals.claims import ClaimedFile

HEADER = b"header\n"
LAYOUT = Layout(len(HEADER), 1, recognition.Header(read_feeds()["plain"], "utf-8", COLUMNS, {}))


@pytest.fixture
def claimed(tmp_path):
    def write(content: bytes, name: str = "a.csv") -> tuple[Objects, ClaimedFile]:
        (tmp_path / name).write_bytes(content)
        file = ClaimedFile(name, name, len(content), "etag", datetime(2024, 5, 1, tzinfo=UTC))
        return Objects(tmp_path.as_uri()), file

    return write


def lines_of(lake: Objects, file: ClaimedFile) -> list[list[bytes]]:
    """The lines of each split."""
    return [b"".join(read_chunks(lake, split)).splitlines() for split in split_file(1, file, LAYOUT)]


@pytest.mark.parametrize("split_bytes", [1, 2, 3, 7, 20, 1000])
@pytest.mark.parametrize("part_bytes", [1, 5, 1000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_every_line_is_in_one_split(claimed, monkeypatch, split_bytes, part_bytes, end):
    monkeypatch.setattr(splits, "SPLIT_BYTES", split_bytes)
    monkeypatch.setattr(objects, "PART_BYTES", part_bytes)
    chance = random.Random(split_bytes * part_bytes)  # noqa: S311  # Test data.
    lines = [b"x" * chance.randrange(9) for _ in range(30)] + [b"last"]
    read = lines_of(*claimed(HEADER + b"\n".join(lines) + end))
    assert list(chain.from_iterable(read)) == lines


def test_header_alone_is_a_split_without_lines(claimed):
    assert lines_of(*claimed(HEADER)) == [[]]


def test_gzip_file_of_several_members_is_one_split(claimed):
    content = gzip.compress(HEADER + b"one\n") + gzip.compress(b"two\nthree") + b"\0" * 8
    assert lines_of(*claimed(content, "a.csv.gz")) == [[b"one", b"two", b"three"]]


@pytest.mark.parametrize("lost", [1, 8, 12])
def test_gzip_file_that_ends_early_is_unusable(claimed, lost):
    content = gzip.compress(HEADER + random.Random(1).randbytes(2000))  # noqa: S311  # Test data.
    with pytest.raises(UnusableFileError, match="ends early"):
        lines_of(*claimed(content[:-lost], "a.csv.gz"))


def test_gzip_file_with_a_changed_byte_is_unusable(claimed):
    content = bytearray(gzip.compress(HEADER + random.Random(1).randbytes(2000)))  # noqa: S311  # Test data.
    content[1000] ^= 0xFF
    with pytest.raises(UnusableFileError, match="broken"):
        lines_of(*claimed(bytes(content), "a.csv.gz"))


def test_of_a_huge_line_little_is_kept(claimed):
    lake, file = claimed(HEADER + b"a\n" + b"x" * 40_000_000 + b"\nb\n")
    chunks = [chunk for split in split_file(1, file, LAYOUT) for chunk in read_chunks(lake, split)]
    assert [len(line) for chunk in chunks for line in chunk.splitlines()][::2] == [1, 1]
    assert MOST_LINE_BYTES < max(len(line) for chunk in chunks for line in chunk.splitlines()) < 20_000_000


def test_small_splits_share_a_task_and_large_ones_do_not(claimed):
    _, file = claimed(HEADER)
    sizes = [splits.SPLIT_BYTES, 10, 10, splits.SPLIT_BYTES - 5, 3]
    tasks = pack_splits([splits.Split(n, file.key, False, LAYOUT, 0, size) for n, size in enumerate(sizes)])
    assert [[split.file for split in task] for task in tasks] == [[0], [1, 2], [3, 4]]
