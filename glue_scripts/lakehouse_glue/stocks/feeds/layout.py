"""The layout of a stock file: where its header ends and which column is which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakehouse_glue.arrivals.headers import find_header
from lakehouse_glue.stocks.feeds.feed import Feed
from lakehouse_glue.stocks.feeds.recognition import Header, recognise


@dataclass(frozen=True)
class Layout:
    """`data_start`: bytes (of the decompressed text) and `header_lines`: lines before the first row.

    `is_day_first`: whether dates that can be read two ways have the day first, None when the feed leaves it open.
    """

    data_start: int
    header_lines: int
    header: Header
    is_day_first: bool | None = None

    @property
    def origin(self) -> tuple[str, ...]:
        return self.header.origin


def find_layout(read: Callable[[int], bytes], name: str, feeds: Mapping[str, Feed]) -> Layout:
    """The layout of a file of which `read(size)` gives the first bytes, by its name below the landing prefix.

    Raises UnusableFileError.
    """
    found = find_header(read, name, lambda line: recognise(line, name, feeds))
    return Layout(found.data_start, found.lines, found.header)
