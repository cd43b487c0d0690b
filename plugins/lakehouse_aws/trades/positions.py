"""How far a stream has been read: what the published snapshot of `trades` holds, and the next run begins at."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Self

# Property of the snapshots of `trades`.
POSITIONS_PROPERTY = "lakehouse.stream-positions"


@dataclass(frozen=True)
class ShardPosition:
    """How far a shard has been read.

    `sequence_number` is that of the last record that was read, None before the first one. Every record that arrived up
    to `complete_until` was read. A shard that `is_finished` was closed and has been read to its end.
    """

    sequence_number: str | None
    complete_until: datetime
    is_finished: bool = False


@dataclass(frozen=True)
class StreamPositions:
    """How far each shard has been read of the stream of a name that was created at a moment."""

    stream_created_at: datetime
    shards: Mapping[str, ShardPosition] = field(default_factory=dict)

    @property
    def complete_until(self) -> datetime:
        """Every record that arrived up to then was read."""
        unfinished = [shard.complete_until for shard in self.shards.values() if not shard.is_finished]
        known = unfinished or [shard.complete_until for shard in self.shards.values()]
        return min(known, default=self.stream_created_at)

    def has_read(self, shard_id: str, sequence_number: str) -> bool:
        """Whether a record has been read."""
        shard = self.shards.get(shard_id)
        last = shard.sequence_number if shard else None
        return last is not None and int(sequence_number) <= int(last)

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        content = json.loads(text)
        shards = {
            shard_id: ShardPosition(
                shard["sequence_number"], datetime.fromisoformat(shard["complete_until"]), shard["is_finished"]
            )
            for shard_id, shard in content["shards"].items()
        }
        return cls(datetime.fromisoformat(content["stream_created_at"]), shards)
