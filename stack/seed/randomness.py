"""Independent random streams, so that a change of one source leaves the others as they are."""

from enum import IntEnum

import numpy as np

from stack.seed.planted import planted_rows
from stack.seed.size import SeedSize

_SEED = 20_240_229


class Stream(IntEnum):
    CUSTOMERS = 1
    ACCOUNTS = 2
    ACCOUNT_OWNERS = 3
    TRANSACTION_FACTS = 4
    TRANSACTIONS = 5
    EVENTS = 6
    PLANTED = 7


_PLANTED_PART = {"customers": 0, "accounts": 1, "transactions": 2, "transaction_events": 3}


def generator(stream: Stream, part: int = 0) -> np.random.Generator:
    return np.random.default_rng([_SEED, stream, part])


def dirty_rows(source: str, size: SeedSize) -> dict[str, np.ndarray]:
    """Row numbers of each dirty kind of a source."""
    return planted_rows(source, size, generator(Stream.PLANTED, _PLANTED_PART[source]))
