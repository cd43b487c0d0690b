"""Splits: the parts of files that tasks read, as whole lines in chunks of bounded size."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.arrivals.layout import Layout
from lakehouse_glue.arrivals.objects import PART_BYTES, Objects
from lakehouse_glue.arrivals.unusable import UnusableFileError

SPLIT_BYTES = 32 * 1024 * 1024
MOST_LINE_BYTES = 1024 * 1024
MOST_FILES_PER_TASK = 64
NEWLINE = b"\n"


@dataclass(frozen=True)
class Split:
    """The lines of a file that begin from byte `start` to before byte `end`; `file` is its number in the claim.

    A compressed file is one split; its `start` counts bytes of the decompressed text.
    """

    file: int
    key: str
    is_gzip: bool
    layout: Layout
    start: int
    end: int


def split_file(number: int, file: ClaimedFile, layout: Layout) -> list[Split]:
    """The splits of a file, in order; at least one, of no bytes when only a header is there."""
    common = (number, file.key, file.is_gzip, layout)
    if file.is_gzip:
        return [Split(*common, layout.data_start, file.size)]
    starts = range(layout.data_start, max(file.size, layout.data_start + 1), SPLIT_BYTES)
    return [Split(*common, start, min(start + SPLIT_BYTES, file.size)) for start in starts]


def pack_splits(splits: Sequence[Split]) -> list[list[Split]]:
    """Splits for each task: one large or some small ones."""
    tasks: list[list[Split]] = []
    size = 0
    for split in splits:
        split_size = split.end - split.start
        if not tasks or size + split_size > SPLIT_BYTES or len(tasks[-1]) >= MOST_FILES_PER_TASK:
            tasks.append([])
            size = 0
        tasks[-1].append(split)
        size += split_size
    return tasks


def read_chunks(objects: Objects, split: Split) -> Iterator[bytes]:
    """The lines of a split, in chunks of whole lines.

    Of a line that is much longer than MOST_LINE_BYTES only some more than that is kept. Raises UnusableFileError for a
    broken compressed file.
    """
    if split.is_gzip:
        return _whole_lines(_decompressed(objects.read_parts(split.key, 0, split.end), split.start))
    return _whole_lines(_lines_of_range(objects, split))


def _whole_lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        end = part.rfind(NEWLINE) + 1
        if end:
            yield rest + part[:end]
            rest = part[end:]
        else:
            rest = (rest + part)[: MOST_LINE_BYTES + 1]
    if rest:
        yield rest


def _lines_of_range(objects: Objects, split: Split) -> Iterator[bytes]:
    """The bytes from the first line that begins in the range to the end of the last one, which may lie behind it."""
    is_inside = split.start == split.layout.data_start
    # The byte before the range says whether a line begins with the range.
    for part in objects.read_parts(split.key, split.start - (not is_inside), split.end):
        if is_inside:
            last = part
            yield part
            continue
        begin = part.find(NEWLINE) + 1
        if begin:
            is_inside = True
            last = part[begin:]
            yield last
    if is_inside and split.end > split.start:
        yield from _rest_of_line(objects, split, last)


def _rest_of_line(objects: Objects, split: Split, last: bytes) -> Iterator[bytes]:
    """What follows the range up to the end of the line that is open at its end."""
    if not last or last.endswith(NEWLINE):
        return
    start = split.end
    while part := objects.read_range(split.key, start, MOST_LINE_BYTES):
        end = part.find(NEWLINE) + 1
        yield part[:end] if end else part
        if end:
            return
        start += len(part)


def _decompressed(parts: Iterator[bytes], skip: int) -> Iterator[bytes]:
    """The text of a gzip file of one or more members, without its first `skip` bytes."""
    member = zlib.decompressobj(wbits=31)
    for part in parts:
        while part:
            try:
                text = member.decompress(part, PART_BYTES)
            except zlib.error as error:
                raise UnusableFileError(f"The gzip file is broken: {error}.") from None
            yield text[skip:]
            skip = max(skip - len(text), 0)
            # Zeros may pad the end of a gzip file.
            part = member.unconsumed_tail or member.unused_data.lstrip(b"\0")  # noqa: PLW2901 - the rest of the part
            if member.eof and part:
                member = zlib.decompressobj(wbits=31)
    yield member.flush()[skip:]
    if not member.eof:
        raise UnusableFileError("The gzip file is broken: it ends early.")
