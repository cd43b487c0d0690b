"""The readers of the mappings that are enabled."""

import threading
from collections import defaultdict
from typing import Protocol

from local_aws.awslambda.mappings.checkpoints import checkpoints
from local_aws.awslambda.mappings.model import EventSourceMapping
from local_aws.awslambda.mappings.queues import QueueReader
from local_aws.awslambda.mappings.streams import StreamReader, note_starting_positions


class Reader(Protocol):
    mapping: EventSourceMapping

    def stop(self) -> None:
        """Begin nothing more, and return when what is under way has ended."""


_readers: dict[str, Reader] = {}
_wanted: dict[str, EventSourceMapping | None] = {}
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def prepare(mapping: EventSourceMapping) -> None:
    """Note where a new mapping begins, so that it is there wherever the endpoint is killed."""
    if mapping.is_of_a_stream:
        note_starting_positions(mapping)


def start(mapping: EventSourceMapping) -> None:
    """Read for the mapping as it is, if it is enabled, in the place of what reads for it."""
    _change(mapping.uuid, mapping)


def end(mapping: EventSourceMapping) -> None:
    """Read for the mapping no more, and forget how far it had come."""
    _change(mapping.uuid, None)


def _change(uuid: str, mapping: EventSourceMapping | None) -> None:
    _wanted[uuid] = mapping
    if uuid not in _readers:
        _bring_about(uuid)
        return
    # An invocation that is under way may take minutes.
    threading.Thread(target=_bring_about, args=(uuid,), name=f"change-{uuid}", daemon=True).start()


def _bring_about(uuid: str) -> None:
    with _locks[uuid]:
        wanted, reader = _wanted.get(uuid), _readers.get(uuid)
        if reader is not None:
            if reader.mapping is wanted:
                return
            reader.stop()
            del _readers[uuid]
        if wanted is None:
            checkpoints().remove(uuid)
        elif wanted.is_enabled:
            _readers[uuid] = StreamReader(wanted) if wanted.is_of_a_stream else QueueReader(wanted)
