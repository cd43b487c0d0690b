"""Sequence numbers and the iterators that stand for a place among them.

A number is the microsecond of a record's arrival, or the next one for a record that comes in the same microsecond, so a
stream's numbers rise and a time is a place among them. AWS promises no more of them than that they rise per key
(Kinesis developer guide, Sequence number); they are written with as many digits as AWS's.
"""

import base64
import json
import time
from dataclasses import asdict, dataclass

from local_aws.kinesis.exceptions import ExpiredIteratorException, InvalidArgumentException

FIRST_DIGITS = 49 * 10**54
PER_SHARD = 10**16
ITERATOR_LIFETIME_SECONDS = 300


def as_text(number: int, shard_index: int) -> str:
    return str(FIRST_DIGITS + number * PER_SHARD + shard_index)


def from_text(text: str) -> int:
    """The number of a sequence number; 0 of a text that is below all of them. Raises InvalidArgumentException."""
    if not text.isdecimal() or len(text) > 56:
        raise InvalidArgumentException(f"The sequence number {text[:100]!r} is not one of this stream.")
    return max((int(text) - FIRST_DIGITS) // PER_SHARD, 0)


def at_time(timestamp: float) -> int:
    """The number of a record that arrives at the time, in seconds since 1970."""
    return round(timestamp * 1_000_000)


def arrival_time(number: int) -> float:
    return number / 1_000_000


@dataclass(frozen=True)
class ShardIterator:
    """A place in a shard: after the record with the number."""

    stream: str
    created_at: float
    shard_index: int
    after: int
    issued_at: float

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(list(asdict(self).values())).encode()).decode()


def read_iterator(token: str) -> ShardIterator:
    """Raises InvalidArgumentException for what is none, ExpiredIteratorException 5 minutes after it was given."""
    try:
        iterator = ShardIterator(*json.loads(base64.urlsafe_b64decode(token)))
        age = time.time() - iterator.issued_at
    except (ValueError, TypeError) as error:
        raise InvalidArgumentException("Invalid ShardIterator.") from error
    if age > ITERATOR_LIFETIME_SECONDS:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created {age:.0f} seconds ago, which is more than the tolerated"
            f" maximum of {ITERATOR_LIFETIME_SECONDS} seconds."
        )
    return iterator
