"""Screening the files of a claim before Spark reads them: known contents, and files with no usable header."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lakehouse_glue.stocks.claim import Claim, ClaimedFile
from lakehouse_glue.stocks.layout import Layout, UnusableFileError, find_layout
from lakehouse_glue.stocks.manifest import DUPLICATE, QUARANTINED, Outcome
from lakehouse_glue.stocks.objects import Objects

READERS = 16


@dataclass(frozen=True)
class Screening:
    """By the files' numbers in the claim, from 1: the layouts of those to load, the outcomes of those that cannot be,
    and for those with the same content as an earlier file of the claim the number of that file.
    """

    layouts: dict[int, Layout]
    outcomes: dict[int, Outcome]
    repeats: dict[int, int]


def screen(claim: Claim, objects: Objects, loaded: Mapping[tuple[str, int], str]) -> Screening:
    """`loaded`: names of the loaded files by content."""
    outcomes: dict[int, Outcome] = {}
    repeats: dict[int, int] = {}
    first: dict[tuple[str, int], int] = {}
    for number, file in claim.files.items():
        if file.content in loaded:
            outcomes[number] = Outcome(DUPLICATE, f"The same content is loaded as {loaded[file.content]}.")
        elif first.setdefault(file.content, number) != number:
            repeats[number] = first[file.content]
    fresh = {number: claim.files[number] for number in first.values()}
    with ThreadPoolExecutor(READERS) as pool:
        sniffed = dict(zip(fresh, pool.map(lambda file: _sniff(objects, file), fresh.values()), strict=True))
    outcomes |= {number: outcome for number, outcome in sniffed.items() if isinstance(outcome, Outcome)}
    layouts = {number: layout for number, layout in sniffed.items() if isinstance(layout, Layout)}
    return Screening(layouts, outcomes, repeats)


def _sniff(objects: Objects, file: ClaimedFile) -> Layout | Outcome:
    try:
        return find_layout(lambda size: objects.read_range(file.key, 0, size), file.is_gzip)
    except UnusableFileError as error:
        return Outcome(QUARANTINED, str(error))
