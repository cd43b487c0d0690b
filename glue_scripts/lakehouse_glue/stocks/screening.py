"""Screening the files of a claim before Spark reads them: known contents, and files with no usable header."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lakehouse_glue.stocks.claim import Claim, ClaimedFile
from lakehouse_glue.stocks.declarations import read_feeds
from lakehouse_glue.stocks.layout import Layout, find_layout
from lakehouse_glue.stocks.manifest import DUPLICATE, QUARANTINED, Outcome
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.unusable import UnusableFileError

READERS = 16


@dataclass(frozen=True)
class Screening:
    """By the files' numbers in the claim, from 1: the layouts of those to load, the outcomes of those that cannot be
    or need not be, and for those with the same content as a later file of the claim the number of that file.

    Of `postponed` files the content is known, but a file that arrived before them is loaded now and may change its
    rows: the next load sees whether it did.
    """

    layouts: dict[int, Layout]
    outcomes: dict[int, Outcome]
    repeats: dict[int, int]
    postponed: set[int]


def screen(claim: Claim, objects: Objects, standing: Mapping[str, str]) -> Screening:
    """`standing`: the contents whose rows are all in the table, with the names of their files."""
    files = claim.files
    known = {number for number, file in files.items() if file.checksum in standing and not file.is_reload}
    reloaded = {file.checksum for file in files.values() if file.is_reload}
    known -= {number for number in known if files[number].checksum in reloaded}
    latest = {files[number].checksum: number for number in sorted(files.keys() - known)}
    repeats = {
        number: latest[files[number].checksum]
        for number in files.keys() - known
        if latest[files[number].checksum] != number
    }
    with ThreadPoolExecutor(READERS) as pool:
        sniffed = dict(
            zip(latest.values(), pool.map(lambda number: _sniff(objects, files[number]), latest.values()), strict=True)
        )
    outcomes = {number: outcome for number, outcome in sniffed.items() if isinstance(outcome, Outcome)}
    layouts = {number: layout for number, layout in sniffed.items() if isinstance(layout, Layout)}
    postponed = {number for number in known if any(loaded < number for loaded in layouts)}
    for number in known - postponed:
        outcomes[number] = Outcome(DUPLICATE, f"The same content is loaded as {standing[files[number].checksum]}.")
    return Screening(layouts, outcomes, repeats, postponed)


def _sniff(objects: Objects, file: ClaimedFile) -> Layout | Outcome:
    try:
        return find_layout(lambda size: objects.read_range(file.key, 0, size), file.name, read_feeds())
    except UnusableFileError as error:
        return Outcome(QUARANTINED, str(error))
