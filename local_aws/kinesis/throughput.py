"""The limits of a shard (Kinesis developer guide, Quotas and limits, and the API reference of GetRecords)."""

from dataclasses import dataclass, field

from local_aws.token_buckets import TokenBucket

WRITTEN_RECORDS_PER_SECOND = 1000
WRITTEN_BYTES_PER_SECOND = 1 << 20
READS_PER_SECOND = 5
READ_BYTES_PER_SECOND = 2 << 20


@dataclass
class ShardThroughput:
    """What a shard still takes and gives at this moment; a second's worth can come at once."""

    written_records: TokenBucket = field(
        default_factory=lambda: TokenBucket(WRITTEN_RECORDS_PER_SECOND, WRITTEN_RECORDS_PER_SECOND)
    )
    written_bytes: TokenBucket = field(
        default_factory=lambda: TokenBucket(WRITTEN_BYTES_PER_SECOND, WRITTEN_BYTES_PER_SECOND)
    )
    reads: TokenBucket = field(default_factory=lambda: TokenBucket(READS_PER_SECOND, READS_PER_SECOND))
    read_bytes: TokenBucket = field(default_factory=lambda: TokenBucket(READ_BYTES_PER_SECOND, READ_BYTES_PER_SECOND))

    def takes_record(self, size: int) -> bool:
        """Whether the shard takes a record of so many bytes, which then counts."""
        if not (self.written_records.has(1) and self.written_bytes.has(size)):
            return False
        self.written_records.take(1)
        self.written_bytes.take(size)
        return True

    def note_read(self, size: int) -> None:
        """Count what a read gave: 10 MB are those of the next five seconds."""
        burst = self.read_bytes.capacity if size > self.read_bytes.capacity else 0
        self.read_bytes.take(size + burst)

    def takes_read(self) -> bool:
        """Whether the shard is read once more. The bytes of a large answer have to be made up for first."""
        if not (self.reads.has(1) and self.read_bytes.has(1)):
            return False
        self.reads.take(1)
        return True
