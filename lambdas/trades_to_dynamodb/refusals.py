"""What is refused, told in messages of the dead-letter queue.

A function that failed on such a record would fail in every try and hold up its shard; and of what has failed for good
Lambda tells the destination where it was, not what it was. So the function itself tells it, and goes on:

    {"reason": "invalid_price", "message": "The price is 0.", "stream": "arn:…", "shard_id": "shardId-000000000000",
     "sequence_number": "4959…", "position": 3, "arrived_at": "2026-11-20T14:30:00.123000+00:00",
     "partition_key": "AAPL", "content": "{…}", "is_whole": true}

`position` is the trade's place in its record, null for a record that is refused as a whole; `content` is the JSON of
the trade, or the record's data in Base64, and not whole where it would be too long. The same record may be told again
by another try: sequence number and position tell.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# A request has 10 messages at most, and 256 KB in all.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
MOST_MESSAGES = 10
MOST_CONTENT_CHARACTERS = 8_000


@dataclass(frozen=True)
class Refusal:
    """A message, as above."""

    reason: str
    message: str
    stream: str
    shard_id: str
    sequence_number: str
    position: int | None
    arrived_at: str
    partition_key: str
    content: str
    is_whole: bool

    @classmethod
    def shortened(cls, content: str | bytes, **members: Any) -> "Refusal":
        """With as much of the content as a message takes."""
        text = content if isinstance(content, str) else b64encode(content).decode()
        return cls(**members, content=text[:MOST_CONTENT_CHARACTERS], is_whole=len(text) <= MOST_CONTENT_CHARACTERS)


def send_refusals(sqs: Any, queue_url: str, refusals: Iterable[Refusal]) -> list[Refusal]:
    """Those that the queue did not take; the others are told."""
    return [refusal for batch in _batches(refusals) for refusal in _send(sqs, queue_url, batch)]


def _send(sqs: Any, queue_url: str, refusals: list[Refusal]) -> list[Refusal]:
    entries = [
        {"Id": str(number), "MessageBody": json.dumps(asdict(refusal))} for number, refusal in enumerate(refusals)
    ]
    try:
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
    except (BotoCoreError, ClientError):
        return refusals
    return [refusals[int(failure["Id"])] for failure in answer.get("Failed", [])]


def _batches(refusals: Iterable[Refusal]) -> Iterator[list[Refusal]]:
    iterator = iter(refusals)
    while batch := list(islice(iterator, MOST_MESSAGES)):
        yield batch
