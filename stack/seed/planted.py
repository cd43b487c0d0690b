"""The dirt in the sources: which kinds, how many of each, and what becomes of such a row."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stack.seed.size import SeedSize


class Outcome(StrEnum):
    """What the star schema makes of a dirty row."""

    REJECTED = "rejected"
    CLEANED = "cleaned"
    UNKNOWN_PARENT = "unknown_parent"
    KEPT = "kept"


@dataclass(frozen=True)
class Dirt:
    """One kind of dirty row of a source; `count` is at scale 1."""

    source: str
    kind: str
    count: int
    outcome: Outcome


PLANTED = (
    Dirt("customers", "unicode_name", 4, Outcome.KEPT),
    Dirt("customers", "odd_case_code", 3, Outcome.CLEANED),
    Dirt("customers", "empty_string", 3, Outcome.CLEANED),
    Dirt("customers", "all_null", 1, Outcome.KEPT),
    Dirt("accounts", "orphan_customer", 3, Outcome.UNKNOWN_PARENT),
    Dirt("accounts", "odd_case_code", 4, Outcome.CLEANED),
    Dirt("accounts", "empty_string", 3, Outcome.CLEANED),
    Dirt("accounts", "all_null", 1, Outcome.KEPT),
    Dirt("transactions", "orphan_account", 40, Outcome.UNKNOWN_PARENT),
    Dirt("transactions", "orphan_customer", 20, Outcome.UNKNOWN_PARENT),
    Dirt("transactions", "odd_case_code", 80, Outcome.CLEANED),
    Dirt("transactions", "empty_string", 60, Outcome.CLEANED),
    Dirt("transactions", "unicode_merchant", 40, Outcome.KEPT),
    Dirt("transactions", "amount_nan", 10, Outcome.REJECTED),
    Dirt("transactions", "amount_30_digits", 10, Outcome.REJECTED),
    Dirt("transactions", "amount_below_cent", 15, Outcome.REJECTED),
    Dirt("transactions", "year_0001", 8, Outcome.REJECTED),
    Dirt("transactions", "year_9999", 8, Outcome.REJECTED),
    Dirt("transactions", "all_null", 1, Outcome.REJECTED),
    Dirt("transaction_events", "duplicate_identical", 30, Outcome.REJECTED),
    Dirt("transaction_events", "duplicate_conflicting", 20, Outcome.REJECTED),
    Dirt("transaction_events", "duplicate_superseded", 20, Outcome.REJECTED),
    Dirt("transaction_events", "score_is_string", 25, Outcome.REJECTED),
    Dirt("transaction_events", "missing_transaction_id", 25, Outcome.REJECTED),
    Dirt("transaction_events", "unknown_transaction", 20, Outcome.REJECTED),
    Dirt("transaction_events", "unicode_city", 30, Outcome.KEPT),
)


def planted_counts(source: str, scale: float) -> dict[str, int]:
    """Rows of each dirty kind in a source: in proportion to the scale, and at least one."""
    return {dirt.kind: max(1, round(dirt.count * scale)) for dirt in PLANTED if dirt.source == source}


def rejected_count(source: str, scale: float) -> int:
    """Rows of a source that the star schema must reject."""
    counts = planted_counts(source, scale)
    return sum(counts[dirt.kind] for dirt in PLANTED if dirt.source == source and dirt.outcome is Outcome.REJECTED)


def planted_rows(source: str, size: SeedSize, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Row numbers (from 0, sorted) of each dirty kind of a source; no row is dirty in two ways."""
    counts = planted_counts(source, size.scale)
    chosen = random.choice(size.rows[source], size=sum(counts.values()), replace=False)
    ends = np.cumsum(list(counts.values()))
    return {kind: np.sort(rows) for kind, rows in zip(counts, np.split(chosen, ends[:-1]), strict=True)}
