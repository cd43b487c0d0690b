"""What a job reads of a claim: its usable files, and the splits that they are read in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.arrivals import layout
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.splits import Split, pack_splits, split_file


class Layout(layout.Layout, Protocol):
    """With the lines of the file before its first row."""

    @property
    def header_lines(self) -> int: ...


@dataclass(frozen=True)
class Source:
    """What is read: the files to load by number, their splits, and where they are."""

    objects: Objects
    files: Mapping[int, ClaimedFile]
    splits: Mapping[int, list[Split]]
    header_lines: Mapping[int, int]

    def without(self, numbers: set[int]) -> "Source":
        return replace(self, files={number: file for number, file in self.files.items() if number not in numbers})

    def only(self, numbers: set[int]) -> "Source":
        return self.without(self.files.keys() - numbers)

    def tasks(self) -> list[list[Split]]:
        return pack_splits([split for number in self.files for split in self.splits[number]])


def source_of(objects: Objects, files: Mapping[int, ClaimedFile], layouts: Mapping[int, Layout]) -> Source:
    return Source(
        objects,
        {number: files[number] for number in layouts},
        {number: split_file(number, files[number], layout) for number, layout in layouts.items()},
        {number: layout.header_lines for number, layout in layouts.items()},
    )


def splits_of(batches: Iterator[pa.RecordBatch], tasks: Sequence[Sequence[Split]]) -> Iterator[Split]:
    """The splits of the tasks whose numbers are in the batches' column `id`."""
    for batch in batches:
        for task in batch.column("id").to_pylist():
            yield from tasks[task]
