"""Screening the files of a claim before Spark reads them: known contents, and files with no usable header."""

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from lakehouse_contract.stock_claims import Claim, ClaimedFile
from lakehouse_contract.stock_ledger import DUPLICATE, QUARANTINED, Outcome
from lakehouse_glue.stocks.feeds.feed import Feed
from lakehouse_glue.stocks.feeds.layout import Layout, find_layout
from lakehouse_glue.stocks.objects import GoneError, Objects
from lakehouse_glue.stocks.parsing.unusable import UnusableFileError, refusals_as_unusable

READERS = 16
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Screening:
    """By the files' numbers in the claim, from 1: the layouts of those to ingest, the outcomes of those that cannot be
    or need not be, and for those with the same rows as a later file of the claim the number of that file.

    Of `postponed` files the content is known, but a file that arrived before them is ingested now and may change its
    rows: the next run sees whether it did. Others have left the claim since it was described.
    """

    layouts: dict[int, Layout]
    outcomes: dict[int, Outcome]
    repeats: dict[int, int]
    postponed: set[int]


@dataclass(frozen=True)
class _Sniffed:
    """A file's layout, or why it has none; and the name of a standing file that has the same rows, if there is one."""

    found: Layout | Outcome
    standing_name: str | None


def screen(
    claim: Claim, objects: Objects, feeds: Mapping[str, Feed], standing: Mapping[str, Collection[str]]
) -> Screening:
    """`standing`: the contents whose rows are all in the table, with the names of their files.

    Equal contents are the same rows only where their names do not say otherwise: of a symbol, or of another feed.
    """
    files = claim.files
    with ThreadPoolExecutor(READERS) as pool:
        results = pool.map(lambda file: _sniff(objects, file, feeds, standing.get(file.checksum, ())), files.values())
        sniffed = {number: one for number, one in zip(files, results, strict=True) if one is not None}
    gone = files.keys() - sniffed.keys()
    rows = {
        number: (files[number].checksum, one.found.header.origin)
        for number, one in sniffed.items()
        if isinstance(one.found, Layout)
    }
    reloaded = {rows.get(number) for number, file in files.items() if file.is_reload} - {None}
    known = {
        number: one.standing_name
        for number, one in sniffed.items()
        if one.standing_name and not files[number].is_reload and rows.get(number) not in reloaded
    }
    latest = {rows[number]: number for number in sorted(rows.keys() - known.keys())}
    repeats = {number: latest[rows[number]] for number in rows.keys() - known.keys() if latest[rows[number]] != number}
    outcomes = {
        number: one.found for number, one in sniffed.items() if isinstance(one.found, Outcome) and number not in known
    }
    layouts = {number: sniffed[number].found for number in latest.values()}
    postponed = {number for number in known if any(loaded < number for loaded in layouts)} | gone
    for number in known.keys() - postponed:
        outcomes[number] = Outcome(DUPLICATE, f"The same content is loaded as {known[number]}.")
    return Screening(layouts, outcomes, repeats, postponed)


def _sniff(
    objects: Objects, file: ClaimedFile, feeds: Mapping[str, Feed], standing_names: Collection[str]
) -> _Sniffed | None:
    """None for a file that is not in its claim any more."""
    read = cache(lambda size: objects.read_range(file.key, 0, size))
    try:
        found = _find(read, file.name, feeds)
    except GoneError:
        logger.warning("%s is not in its claim any more: it is left out", file.name)
        return None
    if file.name in standing_names:
        return _Sniffed(found, file.name)
    same = (name for name in sorted(standing_names) if _is_same(found, _find(read, name, feeds)))
    return _Sniffed(found, next(same, None))


def _find(read: Callable[[int], bytes], name: str, feeds: Mapping[str, Feed]) -> Layout | Outcome:
    try:
        with refusals_as_unusable():
            return find_layout(read, name, feeds)
    except UnusableFileError as error:
        return Outcome(QUARANTINED, str(error))


def _is_same(first: Layout | Outcome, second: Layout | Outcome) -> bool:
    return isinstance(first, Layout) and isinstance(second, Layout) and first.header.origin == second.header.origin
