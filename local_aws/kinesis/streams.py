"""What a stream is, without its records."""

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from local_aws.kinesis.shards import Shard, open_shards

PROVISIONED, ON_DEMAND = "PROVISIONED", "ON_DEMAND"
# What a new stream on demand has (Kinesis developer guide, On-demand mode features and use cases).
ON_DEMAND_SHARDS = 4
MIN_RETENTION_HOURS, MAX_RETENTION_HOURS = 24, 8760


@dataclass
class Stream:
    """`created_at` is in seconds since 1970; `key_id` is the key of a stream that is to be encrypted."""

    name: str
    arn: str
    created_at: float
    mode: str = PROVISIONED
    retention_hours: int = MIN_RETENTION_HOURS
    key_id: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list)

    @cached_property
    def open_shards(self) -> list[Shard]:
        """In the order of their hash keys."""
        return open_shards(self.shards)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def summary(self) -> dict[str, Any]:
        """The members that DescribeStream and DescribeStreamSummary share."""
        encryption = {"EncryptionType": "KMS", "KeyId": self.key_id} if self.key_id else {"EncryptionType": "NONE"}
        return {
            "StreamName": self.name,
            "StreamARN": self.arn,
            "StreamStatus": "ACTIVE",
            "StreamModeDetails": {"StreamMode": self.mode},
            "RetentionPeriodHours": self.retention_hours,
            "StreamCreationTimestamp": self.created_at,
            "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
            **encryption,
        }


def stream_from_json(text: str) -> Stream:
    """A stream of the caller's own, to be changed."""
    attributes = json.loads(text)
    shards = [Shard(**shard | {"parents": tuple(shard["parents"])}) for shard in attributes.pop("shards")]
    return Stream(**attributes, shards=shards)


@lru_cache(maxsize=256)
def shared_stream(text: str) -> Stream:
    """A stream that others have too: not to be changed."""
    return stream_from_json(text)
