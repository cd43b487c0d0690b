"""Counts of what was read, told to the driver by the tasks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.accumulators import AccumulatorParam

from lakehouse_glue.arrivals.dates import Orders


@dataclass(frozen=True)
class Counts:
    """Lines, rows, bad rows by reason, and what the dates show of the order of day and month; `unusable` says why the
    file cannot be read at all.
    """

    lines: int = 0
    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    orders: Orders = field(default_factory=Orders)
    unusable: str | None = None

    @property
    def bad_rows(self) -> int:
        return self.reasons.total()

    @property
    def good_rows(self) -> int:
        return self.rows - self.bad_rows

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.lines + other.lines,
            self.rows + other.rows,
            self.reasons + other.reasons,
            self.orders + other.orders,
            self.unusable or other.unusable,
        )


# By the file's number in the claim and the start of the split.
CountsBySplit = dict[tuple[int, int], Counts]


class MergeCounts(AccumulatorParam):
    """Counts by split: a task that runs twice tells the same once more."""

    def zero(self, value: CountsBySplit) -> CountsBySplit:  # noqa: ARG002 - the signature is Spark's
        return {}

    def addInPlace(self, value1: CountsBySplit, value2: CountsBySplit) -> CountsBySplit:  # noqa: N802 - as above
        value1.update(value2)
        return value1


def count_files(counts: CountsBySplit) -> dict[int, Counts]:
    """Counts by file."""
    totals: dict[int, Counts] = {}
    for (number, _), split in sorted(counts.items()):
        totals[number] = totals.get(number, Counts()) + split
    return totals


def too_many_bad_rows(total: Counts, max_reject_share: float) -> str | None:
    """Why a file with these counts is not loaded; None where at most the share of its rows is bad."""
    if total.bad_rows <= max_reject_share * total.rows:
        return None
    reasons = ", ".join(f"{reason} ({count})" for reason, count in total.reasons.most_common(3))
    return (
        f"{total.bad_rows} of {total.rows} rows ({total.bad_rows / total.rows:.2%}) are bad, more than the allowed "
        f"{max_reject_share:.2%}, most often as {reasons}."
    )


def lines_before_splits(counts: CountsBySplit, header_lines: Mapping[int, int]) -> dict[tuple[int, int], int]:
    """Lines of the file before each split."""
    next_line = dict(header_lines)
    before = {}
    for (number, start), split in sorted(counts.items()):
        before[number, start] = next_line[number]
        next_line[number] += split.lines
    return before
