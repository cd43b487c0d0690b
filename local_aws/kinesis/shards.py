"""A stream's shards: each has a range of hash keys, until it is split or merged and others take its range."""

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local_aws.kinesis.exceptions import LimitExceededException
from local_aws.kinesis.sequence_numbers import as_text

HASH_KEYS = 2**128


@dataclass
class Shard:
    """`opened_at` and `closed_at` are sequence numbers; a shard is closed when it has the second."""

    index: int
    first_hash_key: int
    last_hash_key: int
    opened_at: int
    closed_at: int | None = None
    parents: tuple[int, ...] = ()

    @property
    def shard_id(self) -> str:
        return shard_id(self.index)

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def description(self) -> dict[str, Any]:
        numbers = {"StartingSequenceNumber": as_text(self.opened_at, self.index)}
        if self.closed_at is not None:
            numbers["EndingSequenceNumber"] = as_text(self.closed_at, self.index)
        parents = zip(("ParentShardId", "AdjacentParentShardId"), map(shard_id, self.parents), strict=False)
        return {"ShardId": self.shard_id, **dict(parents), **self.hash_key_range(), "SequenceNumberRange": numbers}

    def hash_key_range(self) -> dict[str, Any]:
        first, last = str(self.first_hash_key), str(self.last_hash_key)
        return {"HashKeyRange": {"StartingHashKey": first, "EndingHashKey": last}}


def shard_id(index: int) -> str:
    return f"shardId-{index:012d}"


def hash_key_of(partition_key: str) -> int:
    """The place of a partition key among the hash keys: its MD5 (Kinesis API reference, PutRecords)."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


def even_ranges(count: int) -> list[tuple[int, int]]:
    """The hash keys in as many ranges of the same length."""
    starts = [number * HASH_KEYS // count for number in range(count)]
    return list(zip(starts, [*(start - 1 for start in starts[1:]), HASH_KEYS - 1], strict=True))


def open_shards(shards: Iterable[Shard]) -> list[Shard]:
    """Those that take records, in the order of their hash keys."""
    return sorted((shard for shard in shards if not shard.is_closed), key=lambda shard: shard.first_hash_key)


def split(shards: list[Shard], parent: Shard, first_hash_key: int, number: int) -> None:
    """Close a shard at the sequence number, and have two others take its place from there."""
    parent.closed_at = number
    ranges = ((parent.first_hash_key, first_hash_key - 1), (first_hash_key, parent.last_hash_key))
    shards += [
        Shard(len(shards) + place, first, last, number + 1, parents=(parent.index,))
        for place, (first, last) in enumerate(ranges)
    ]


def merge(shards: list[Shard], one: Shard, other: Shard, number: int) -> None:
    """Close two shards whose ranges touch, and have another take their place."""
    one.closed_at = other.closed_at = number
    first, last = min(one.first_hash_key, other.first_hash_key), max(one.last_hash_key, other.last_hash_key)
    shards.append(Shard(len(shards), first, last, number + 1, parents=(one.index, other.index)))


def check_resize(shards: Iterable[Shard], count: int) -> int:
    """How many shards are open; raises LimitExceededException for a number that UpdateShardCount does not go to."""
    present = len(open_shards(shards))
    if count < 1 or not present / 2 <= count <= present * 2:
        raise LimitExceededException(
            f"UpdateShardCount cannot scale to {count} shards: at least half of the current open shard count {present}"
            " and at most the double is possible in one step."
        )
    return present


def resize(shards: list[Shard], count: int, number: int) -> int:
    """Have `count` open shards: the longest are split in the middle, the shortest neighbours merged.

    Takes sequence numbers from `number` on, and returns the next one that is free.
    """
    while len(present := open_shards(shards)) < count:
        longest = max(present, key=lambda shard: shard.last_hash_key - shard.first_hash_key)
        split(shards, longest, (longest.first_hash_key + longest.last_hash_key + 1) // 2, number)
        number += 2
    while len(present := open_shards(shards)) > count:
        pairs = itertools.pairwise(present)
        merge(shards, *min(pairs, key=lambda pair: pair[1].last_hash_key - pair[0].first_hash_key), number)
        number += 2
    return number
