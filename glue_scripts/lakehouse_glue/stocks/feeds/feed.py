"""Feeds: how the stock files of each source read. They are declared in feeds.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lakehouse_glue.arrivals.dates import ISO_FORMAT
from lakehouse_glue.arrivals.numbers import NumberForm

COLUMNS = ("date", "symbol", "open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Feed:
    """How files read. docs/feeds.md explains the fields, which are the keys of feeds.toml.

    `columns`: the titles that each column may have, the preferred one first; titles are in lower case.
    """

    name: str
    description: str
    columns: Mapping[str, tuple[str, ...]]
    ignored_columns: tuple[str, ...] = ()
    takes_other_columns: bool = False
    symbol_from_name: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    encodings: tuple[str, ...] = ("utf-8",)
    date_formats: tuple[str, ...] = (ISO_FORMAT,)
    numbers: NumberForm = field(default_factory=NumberForm)
    rounds_extra_decimals: bool = False
    reads_ambiguous_prices: bool = False

    @cached_property
    def titles(self) -> frozenset[str]:
        """All titles that the feed knows."""
        return frozenset(title for titles in self.columns.values() for title in titles) | set(self.ignored_columns)
