"""Lines of the claim's files: their numbers, their places, and what they look like."""

from collections.abc import Mapping

import numpy as np

from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.splits import NEWLINE, Split, read_chunks


class Lines:
    """The numbers of a file's lines by their places."""

    def __init__(self, before: Mapping[tuple[int, int], int]) -> None:
        """`before`: lines of the file before each split, by the file's number and the split's start."""
        self._starts: dict[int, np.ndarray] = {}
        self._before: dict[int, np.ndarray] = {}
        for number in {file for file, _ in before}:
            splits = sorted((start, lines) for (file, start), lines in before.items() if file == number)
            self._starts[number], self._before[number] = (np.array(column) for column in zip(*splits, strict=True))

    def of(self, file: int, places: np.ndarray) -> np.ndarray:
        """From 1, the header counted."""
        split = np.searchsorted(self._starts[file], places, side="right") - 1
        return self._before[file][split] + places - self._starts[file][split] + 1

    def split_starts(self, file: int, numbers: np.ndarray) -> np.ndarray:
        """The starts of the splits that lines of these numbers are in."""
        return self._starts[file][np.searchsorted(self._before[file], numbers - 1, side="right") - 1]

    def before(self, file: int, start: int) -> int:
        """The lines of the file before a split."""
        return int(self._before[file][np.searchsorted(self._starts[file], start)])


class LineReader:
    """Reads lines of a split, whose numbers ascend, holding a chunk of it."""

    def __init__(self, objects: Objects, split: Split, lines_before: int) -> None:
        self._chunks = read_chunks(objects, split)
        self._first, self._text, self._ends = lines_before + 1, b"", np.empty(0, dtype=np.int64)

    def read(self, number: int) -> bytes:
        """The line without its end."""
        while number >= self._first + len(self._ends):
            self._first += len(self._ends)
            self._text = next(self._chunks)
            self._ends = _line_ends(self._text)
        place = number - self._first
        start = self._ends[place - 1] + 1 if place else 0
        return self._text[start : self._ends[place]]


def _line_ends(text: bytes) -> np.ndarray:
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == NEWLINE[0])
    return ends if text.endswith(NEWLINE) else np.append(ends, len(text))
