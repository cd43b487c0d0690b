"""The local SQS's backend."""

from collections.abc import Iterable
from typing import Any

from moto.sqs.models import Queue, SQSBackend, sqs_backends

# So many deleted messages are known: to delete one of them again succeeds, as on AWS.
KNOWN_DELETED = 1000


class DeletedHandles:
    """The receipt handles of the messages that were deleted last."""

    def __init__(self) -> None:
        self._handles: dict[str, None] = {}

    def update(self, handles: Iterable[str]) -> None:
        self._handles.update(dict.fromkeys(handles))
        for handle in list(self._handles)[:-KNOWN_DELETED]:
            del self._handles[handle]

    def __contains__(self, handle: str) -> bool:
        return handle in self._handles


class LocalQueue(Queue):
    """A queue that loses nothing that comes during a deletion, and does not grow with all that ever was in it."""

    deleted_messages: DeletedHandles

    @classmethod
    def of(cls, queue: Queue) -> "LocalQueue":
        local = cls.__new__(cls)
        vars(local).update(vars(queue))
        local.deleted_messages = DeletedHandles()
        return local

    def delete_message(self, receipt_handle: str) -> None:
        with self._messages_lock:
            super().delete_message(receipt_handle)


class LocalSQSBackend(SQSBackend):
    """SQS in one region of one account."""

    def create_queue(self, name: str, tags: dict[str, str] | None = None, **attributes: Any) -> Queue:
        is_new = name not in self.queues
        queue = super().create_queue(name, tags, **attributes)
        if is_new:
            self.queues[name] = queue = LocalQueue.of(queue)
        return queue


__all__ = ["LocalSQSBackend", "sqs_backends"]
