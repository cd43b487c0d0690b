"""Screening the files of a claim before Spark reads them: known contents, and files with no usable header."""

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Generic, TypeVar

from lakehouse_contract.arrivals.claims import Claim, ClaimedFile
from lakehouse_contract.arrivals.ledger import DUPLICATE, QUARANTINED, Outcome
from lakehouse_glue.arrivals.layout import Layout
from lakehouse_glue.arrivals.objects import GoneError, Objects
from lakehouse_glue.arrivals.unusable import UnusableFileError, refusals_as_unusable

READERS = 16
logger = logging.getLogger(__name__)

Found = TypeVar("Found", bound=Layout)
# `find_layout(read, name)`: the layout of a file of which `read(size)` gives the first bytes, by its name below the
# landing prefix. Raises UnusableFileError.
FindLayout = Callable[[Callable[[int], bytes], str], Found]


@dataclass(frozen=True)
class Screening(Generic[Found]):
    """By the files' numbers in the claim, from 1: the layouts of those to ingest, the outcomes of those that cannot be
    or need not be, and for those with the same rows as a later file of the claim the number of that file.

    Of `postponed` files the content is known, but a file that arrived before them is ingested now and may change its
    rows: the next run sees whether it did. Others have left the claim since it was described.
    """

    layouts: dict[int, Found]
    outcomes: dict[int, Outcome]
    repeats: dict[int, int]
    postponed: set[int]


@dataclass(frozen=True)
class _Sniffed(Generic[Found]):
    """A file's layout, or why it has none; and the name of a standing file that has the same rows, if there is one."""

    found: Found | Outcome
    standing_name: str | None


def screen(
    claim: Claim, objects: Objects, find_layout: FindLayout[Found], standing: Mapping[str, Collection[str]]
) -> Screening[Found]:
    """`standing`: the contents whose rows are all in the table, with the names of their files.

    Equal contents are the same rows only where their names do not say otherwise, by the origins of their layouts.
    """
    files = claim.files
    with ThreadPoolExecutor(READERS) as pool:
        sniff = partial(_sniff, objects, find_layout, standing)
        results = pool.map(sniff, files.values())
        sniffed = {number: one for number, one in zip(files, results, strict=True) if one is not None}
    gone = files.keys() - sniffed.keys()
    rows = {
        number: (files[number].checksum, one.found.origin)
        for number, one in sniffed.items()
        if not isinstance(one.found, Outcome)
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
    objects: Objects, find_layout: FindLayout[Found], standing: Mapping[str, Collection[str]], file: ClaimedFile
) -> _Sniffed[Found] | None:
    """None for a file that is not in its claim any more."""
    standing_names = standing.get(file.checksum, ())
    read = cache(lambda size: objects.read_range(file.key, 0, size))
    try:
        found = _find(read, file.name, find_layout)
    except GoneError:
        logger.warning("%s is not in its claim any more: it is left out", file.name)
        return None
    if file.name in standing_names:
        return _Sniffed(found, file.name)
    same = (name for name in sorted(standing_names) if _is_same(found, _find(read, name, find_layout)))
    return _Sniffed(found, next(same, None))


def _find(read: Callable[[int], bytes], name: str, find_layout: FindLayout[Found]) -> Found | Outcome:
    try:
        with refusals_as_unusable():
            return find_layout(read, name)
    except UnusableFileError as error:
        return Outcome(QUARANTINED, str(error))


def _is_same(first: Layout | Outcome, second: Layout | Outcome) -> bool:
    if isinstance(first, Outcome) or isinstance(second, Outcome):
        return False
    return first.origin == second.origin
