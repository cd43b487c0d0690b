"""The local SQS's backend."""

import time
from collections.abc import Iterable, Iterator, MutableSet
from threading import Condition
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from local_aws.sqs.lock import sqs_lock
from local_aws.state.tracking import Tracked

# So many deleted messages are known: to delete one of them again succeeds, as on AWS.
KNOWN_DELETED = 1000
LOOK_AGAIN_SECONDS = 1
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible")


class LocalMessage(Tracked, Message):
    """A message that knows when it changed, and whether a receiver has it."""

    is_pending: bool = False

    @classmethod
    def of(cls, message: Message) -> "LocalMessage":
        if isinstance(message, cls):
            return message
        local = cls.__new__(cls)
        local.__setstate__(vars(message))
        return local

    @property
    def visible(self) -> bool:
        return time.time() * 1000 > self.visible_at

    @property
    def delayed(self) -> bool:
        return time.time() * 1000 < self.delayed_until


class _Messages:
    """A queue's messages as moto goes through them: a list, of which each is kept on its own."""

    def __init__(self, by_id: dict[str, LocalMessage]) -> None:
        self._by_id = by_id

    def __iter__(self) -> Iterator[LocalMessage]:
        return iter(list(self._by_id.values()))

    def __len__(self) -> int:
        return len(self._by_id)

    def append(self, message: LocalMessage) -> None:
        self._by_id[message.id] = message

    def remove(self, message: LocalMessage) -> None:
        del self._by_id[message.id]


class _PendingMessages(MutableSet[LocalMessage]):
    """The messages that a receiver has, as moto's set of them."""

    def __init__(self, messages: Iterable[LocalMessage]) -> None:
        self._messages = messages

    def __contains__(self, message: object) -> bool:
        return isinstance(message, LocalMessage) and message.is_pending

    def __iter__(self) -> Iterator[LocalMessage]:
        return (message for message in self._messages if message.is_pending)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(self, value: LocalMessage) -> None:
        value.is_pending = True

    def discard(self, value: LocalMessage) -> None:
        value.is_pending = False


class LocalQueue(Queue):
    """A queue of which each message is kept on its own, that loses nothing and does not grow with all it ever had."""

    # Each request asks for a queue's attributes, of which these go through all of its messages.
    BASE_ATTRIBUTES = [name for name in Queue.BASE_ATTRIBUTES if name not in COUNTS]  # noqa: RUF012 - as moto declares it

    messages_by_id: dict[str, LocalMessage]
    deleted_handles: dict[str, None]

    @classmethod
    def of(cls, queue: Queue) -> "LocalQueue":
        """A queue that has nothing yet."""
        local = cls.__new__(cls)
        replaced = {"_messages", "_pending_messages", "deleted_messages", "dead_letter_queue", "_messages_lock"}
        vars(local).update({name: value for name, value in vars(queue).items() if name not in replaced})
        local.messages_by_id, local.deleted_handles = {}, {}
        return local

    @property
    def _messages_lock(self) -> Condition:
        return sqs_lock

    @property
    def _messages(self) -> _Messages:
        return _Messages(self.messages_by_id)

    @_messages.setter
    def _messages(self, messages: Iterable[LocalMessage]) -> None:
        self.messages_by_id = {message.id: message for message in messages}

    @property
    def pending_messages(self) -> MutableSet[LocalMessage]:
        return _PendingMessages(self._messages)

    @property
    def pending_message_groups(self) -> set[str]:
        if not self.fifo_queue:
            return set()
        return {message.group_id for message in self.pending_messages if message.group_id is not None}

    @property
    def dead_letter_queue(self) -> "LocalQueue | None":
        """By the policy's ARN: a queue of this name may have been made anew."""
        arn = (self.redrive_policy or {}).get("deadLetterTargetArn")
        queues = sqs_backends[self.account_id][self.region].queues
        return next((queue for queue in queues.values() if queue.queue_arn == arn), None)

    @dead_letter_queue.setter
    def dead_letter_queue(self, queue: Queue | None) -> None:
        """Moto has just noted the ARN."""

    def add_message(self, message: Message) -> None:
        super().add_message(LocalMessage.of(message))

    def delete_message(self, receipt_handle: str) -> None:
        with sqs_lock:
            if receipt_handle in self.deleted_handles:
                return
            message = next((one for one in self._messages if one.had_receipt_handle(receipt_handle)), None)
            if message is None:
                raise ReceiptHandleIsInvalid
            del self.messages_by_id[message.id]
            self.deleted_handles.update(dict.fromkeys(handle for handle in message.all_receipt_handles if handle))
            for handle in list(self.deleted_handles)[:-KNOWN_DELETED]:
                del self.deleted_handles[handle]
            sqs_lock.notify_all()

    def drop_expired(self) -> None:
        """Remove what is older than the queue's retention period."""
        oldest = (time.time() - self.message_retention_period) * 1000
        for message in [one for one in self._messages if one.sent_timestamp < oldest]:
            self._messages.remove(message)


class LocalSQSBackend(SQSBackend):
    """SQS in one region of one account."""

    def create_queue(self, name: str, tags: dict[str, str] | None = None, **attributes: Any) -> Queue:
        is_new = name not in self.queues
        queue = super().create_queue(name, tags, **attributes)
        if is_new:
            self.queues[name] = queue = LocalQueue.of(queue)
        return queue

    def get_queue_attributes(self, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
        queue = self.get_queue(queue_name)
        asked = [name for name in COUNTS if name in attribute_names or "All" in attribute_names]
        counts = {name: getattr(queue, camelcase_to_underscores(name)) for name in asked}
        return counts | super().get_queue_attributes(queue_name, [one for one in attribute_names if one not in counts])

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        """One receiver at a time chooses its messages; who waits for some lets others in.

        A visible message may be one that nobody may have yet, as its group is in flight, so a receiver looks again
        only at news, and each second for messages whose time has come.
        """
        queue = self.get_queue(queue_name)
        end = time.monotonic() + wait_seconds_timeout
        with sqs_lock:
            while True:
                queue.drop_expired()
                received = super().receive_message(queue_name, count, 0, visibility_timeout, message_attribute_names)
                remaining = end - time.monotonic()
                if received or remaining <= 0:
                    return received
                sqs_lock.wait(min(remaining, LOOK_AGAIN_SECONDS))

    def is_message_valid_based_on_retention_period(self, queue_name: str, message: Message) -> bool:  # noqa: ARG002
        """Expired messages are dropped before any is chosen."""
        return True


__all__ = ["LocalSQSBackend", "sqs_backends"]
