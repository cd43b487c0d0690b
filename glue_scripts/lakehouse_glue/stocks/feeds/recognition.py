"""Which feed a file is of: that of its folder, or the only one that its header fits."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_glue.arrivals.unusable import UnusableFileError
from lakehouse_glue.stocks.feeds.feed import COLUMNS, Feed

FILE_SUFFIX = re.compile(r"(\.csv)?(\.gz)?$", re.IGNORECASE)
# AAPL.csv.csv is what remains of a suffix that a desktop does not show.
OTHER_SUFFIX = re.compile(r"\.(csv|gz|txt)$", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """A header as a feed reads it. `names`: of all columns in order, those of COLUMNS by their names and every other
    one by its number; `constants`: the texts of those that the file does not have.
    """

    feed: Feed
    encoding: str
    names: tuple[str, ...]
    constants: Mapping[str, str]

    @property
    def origin(self) -> tuple[str, ...]:
        """What a file's name says beyond its content: the feed, and the symbol if the name has it."""
        return self.feed.name, self.constants.get("symbol", "").upper()


@dataclass(frozen=True)
class _Fit:
    """The titles of a header, and what keeps a feed from reading them."""

    feed: Feed
    encoding: str
    titles: list[str]
    missing: list[str]
    doubled: list[str]
    unknown: list[str]

    @property
    def known(self) -> int:
        return sum(title in self.feed.titles for title in self.titles)

    @property
    def is_readable(self) -> bool:
        return not (self.missing or self.doubled)

    @property
    def is_recognised(self) -> bool:
        return self.is_readable and (self.feed.takes_other_columns or not self.unknown)

    @property
    def mismatch(self) -> str:
        if self.missing:
            needed = ", ".join(titles[0] for titles in self.feed.columns.values() if titles)
            return f"The header lacks {', '.join(self.missing)}: it has to name {needed}, in any order."
        if self.doubled:
            return f"The header names {', '.join(self.doubled)} more than once."
        return f"The header has {', '.join(self.unknown)}, which the feed {self.feed.name} does not know."


def recognise(line: bytes, file_name: str, feeds: Mapping[str, Feed]) -> Header:
    """The header in a file's first line; `file_name` is its path below the landing prefix. Raises UnusableFileError."""
    folder, separator, _ = file_name.partition("/")
    if separator and folder not in feeds:
        raise UnusableFileError(
            f"There is no feed {folder}: put the file into the folder of one of {', '.join(feeds)}, or declare it."
        )
    candidates = [feeds[folder]] if separator else list(feeds.values())
    fits = [fit for feed in candidates if (fit := _fit(line, feed))]
    if not any(fit.known or fit.feed is candidates[0] for fit in fits):
        raise UnusableFileError(
            f"The first line is not a header of {_separated(candidates)} names in {_encodings(candidates)}."
        )
    found = [fit for fit in fits if (fit.is_readable if separator else fit.is_recognised)]
    if len(found) > 1:
        names = [fit.feed.name for fit in found]
        raise UnusableFileError(
            f"The header fits the feeds {' and '.join(names)}: put the file into the folder of one of them, such as "
            f"{STOCK_FILES.landing_prefix}{names[0]}/."
        )
    if not found:
        raise UnusableFileError(_mismatch(fits, feeds, is_in_folder=bool(separator)))
    return _header(found[0], file_name)


def _fit(line: bytes, feed: Feed) -> _Fit | None:
    """None for a line that is no list of names in the feed's delimiter and encodings."""
    for encoding in feed.encodings:
        try:
            text = line.decode(encoding).strip("\r\n")
            titles = [
                title.strip().lower() for title in next(csv.reader([text], delimiter=feed.delimiter, strict=True))
            ]
        except (UnicodeDecodeError, csv.Error):
            continue
        given = {"symbol"} if feed.symbol_from_name else set()
        missing = [
            feed.columns[name][0] if feed.columns[name] else name
            for name in COLUMNS
            if not _present(feed.columns[name], titles) and name not in feed.constants.keys() | given
        ]
        doubled = [title for title in feed.titles if titles.count(title) > 1 and title not in feed.ignored_columns]
        unknown = [title for title in titles if title and title not in feed.titles]
        return _Fit(feed, encoding, titles, missing, sorted(doubled), unknown)
    return None


def _present(known: tuple[str, ...], titles: list[str]) -> str | None:
    return next((title for title in known if title in titles), None)


def _header(fit: _Fit, file_name: str) -> Header:
    chosen = {_present(known, fit.titles): name for name, known in fit.feed.columns.items()}
    names = tuple(chosen.get(title, str(number)) for number, title in enumerate(fit.titles))
    constants = {name: text for name, text in fit.feed.constants.items() if name not in names}
    if "symbol" not in names and fit.feed.symbol_from_name:
        constants["symbol"] = _symbol(fit.feed, file_name)
    return Header(fit.feed, fit.encoding, names, constants)


def _symbol(feed: Feed, file_name: str) -> str:
    stem = FILE_SUFFIX.sub("", file_name.rpartition("/")[2], count=1)
    match = re.fullmatch(feed.symbol_from_name or "", stem)
    if not match or not match["symbol"] or OTHER_SUFFIX.search(stem):
        raise UnusableFileError(
            f'The feed {feed.name} takes the symbol from the name of the file, and "{stem}" does not show one: name '
            "the file by its symbol, as AAPL.csv."
        )
    return match["symbol"]


def _mismatch(fits: list[_Fit], feeds: Mapping[str, Feed], *, is_in_folder: bool) -> str:
    nearest = max(fits, key=lambda fit: (fit.known, -len(fit.missing) if fit.known else 0))
    if is_in_folder or len(feeds) == 1:
        return nearest.mismatch
    return f"The header fits none of the feeds {', '.join(feeds)}. Next is {nearest.feed.name}: {nearest.mismatch}"


def _separated(feeds: list[Feed]) -> str:
    return "comma-separated" if feeds[0].delimiter == "," else f'"{feeds[0].delimiter}"-separated'


def _encodings(feeds: list[Feed]) -> str:
    return " or ".join(encoding.upper() for encoding in feeds[0].encodings)
