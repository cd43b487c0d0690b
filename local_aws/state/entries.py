"""A service's state as records: one per backend, and one per entry of its declared collections.

A record is known by its place: account, region, and the path of attributes and keys that leads to it. A backend's own
record has the empty path and holds all its attributes; the entries of the collections are records below it.
"""

import hashlib
import pickle
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from moto import backends as moto_backends

from local_aws.state.declaration import Collection
from local_aws.state.pickling import Reference, pickled, unpickled

Path = tuple[str | int, ...]
Place = tuple[str, str, Path]

RESTLESS_SECONDS = 60


class StateNotKeptError(NotImplementedError):
    """A service of moto whose state cannot be written: its changes are not acknowledged."""


@dataclass(slots=True)
class _Known:
    """What was last noted of an entry, and of the entries below it by attribute and key."""

    entry: Any
    revision: Any = None
    digest: bytes = b""
    below: dict[str, dict[str | int, "_Known"]] = field(default_factory=dict)


class ServiceEntries:
    """The entries of one service, compared with what is known of them. To be used by one thread at a time."""

    def __init__(self, service: str, collections: tuple[Collection, ...]) -> None:
        self.service = service
        self.collections = collections
        self.known: dict[tuple[str, str], _Known] = {}

    def note_changes(self, changes: dict[Place, bytes | None]) -> None:
        """Put the records that differ since the last call into `changes`; None stands for one that is gone.

        Raises StateNotKeptError; what was noted until then is noted.
        """
        for account, region, backend in list(moto_backends.get_backend(self.service).iter_backends()):
            known = self.known.setdefault((account, region), _Known(backend))
            attributes = vars(backend)
            _Comparison(self.service, account, region, changes).compare(
                known, (), attributes, attributes, self.collections, {}
            )

    def load(self, records: Iterable[tuple[Place, bytes]]) -> list[Place]:
        """Fill the backends with the records, which come in the order of their first writing.

        Returns the places of records that no declared collection has: their content becomes a part of another record.
        """
        loaded: dict[tuple[str, str], _LoadedBackend] = {}
        undeclared = []
        for (account, region, path), content in sorted(records, key=lambda record: _depth_and_index(record[0][2])):
            if (account, region) not in loaded:
                backend = moto_backends.get_backend(self.service)[account][region]
                loaded[account, region] = _LoadedBackend(backend, self.collections)
            if not loaded[account, region].add(path, content):
                undeclared.append((account, region, path))
        for place, backend in loaded.items():
            self.known[place] = backend.known_with_revisions()
        return undeclared


def _depth_and_index(path: Path) -> tuple[int, int]:
    """Parents before their entries, and the entries of a list in their order."""
    return len(path), path[-1] if path and isinstance(path[-1], int) else 0


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


@dataclass
class _Comparison:
    """One look at the entries of a backend."""

    service: str
    account: str
    region: str
    changes: dict[Place, bytes | None]

    def compare(
        self,
        known: _Known,
        path: Path,
        value: Any,
        attributes: dict[str, Any],
        collections: tuple[Collection, ...],
        parents: dict[int, Reference],
    ) -> None:
        """Note the value at the path if it is another than the known one, then what lies in its collections."""
        containers = [(one, attributes[one.attribute]) for one in collections if one.attribute in attributes]
        references = parents | {
            id(container): ("entries", (*path, one.attribute), type(container)) for one, container in containers
        }
        content = self._content(value, references)
        digest = _digest(content)
        if digest != known.digest:
            self.changes[self.account, self.region, path] = content
            known.digest = digest
        below_parents = parents | {id(value): ("entry", path)} if path else parents
        for one, container in containers:
            known_entries = known.below.setdefault(one.attribute, {})
            self._compare_entries(known_entries, (*path, one.attribute), container, one, below_parents)

    def _compare_entries(
        self,
        known_entries: dict[str | int, _Known],
        path: Path,
        container: Any,
        collection: Collection,
        parents: dict[int, Reference],
    ) -> None:
        entries = list(container.items() if isinstance(container, dict) else enumerate(container))
        for key, entry in entries:
            known = known_entries.get(key)
            # Read before the content is: a change meanwhile makes it another one than the noted one.
            revision = collection.revision(entry)
            if known is None:
                known = known_entries[key] = _Known(entry)
            elif known.entry is entry and revision is not None and known.revision == revision:
                continue
            self.compare(
                known, (*path, key), entry, vars(entry) if collection.within else {}, collection.within, parents
            )
            known.entry, known.revision = entry, revision
        if len(known_entries) > len(entries):
            for key in known_entries.keys() - {key for key, _ in entries}:
                self._remove(known_entries.pop(key), (*path, key))

    def _remove(self, known: _Known, path: Path) -> None:
        self.changes[self.account, self.region, path] = None
        for attribute, entries in known.below.items():
            for key, entry in entries.items():
                self._remove(entry, (*path, attribute, key))

    def _content(self, value: Any, references: dict[int, Reference]) -> bytes:
        """The value as bytes.

        Other threads go on changing a service that has no lock: a dictionary that changed while it was read is read
        again. It comes to rest, as each of these threads then waits for this save.
        """
        deadline = time.monotonic() + RESTLESS_SECONDS
        while True:
            try:
                return pickled(value, references)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise StateNotKeptError(f"the endpoint cannot keep the state of {self.service} ({error})") from error
            except RuntimeError as error:
                if not is_about_a_change(error) or time.monotonic() > deadline:
                    raise


def is_about_a_change(error: RuntimeError) -> bool:
    """`dictionary changed size during iteration` and its kin."""
    return "during iteration" in str(error)


class _LoadedBackend:
    """A backend that is filled record by record, parents first."""

    def __init__(self, backend: Any, collections: tuple[Collection, ...]) -> None:
        self.backend = backend
        self.collections = collections
        self.values: dict[Path, Any] = {}
        self.containers: dict[Path, Any] = {}
        self.known: dict[Path, _Known] = {}
        self.found: dict[Path, Collection | None] = {(): None}

    def add(self, path: Path, content: bytes) -> bool:
        """Put the record's value into its place; False when no declared collection has that place."""
        value = unpickled(content, self._referenced)
        if not path:
            vars(self.backend).update(value)
        elif isinstance(container := self.containers[path[:-1]], list):
            container.append(value)
        else:
            container[path[-1]] = value
        self.values[path] = value
        collection = self._collection(path)
        if path and collection is None:
            return False
        self.known[path] = known = _Known(value if path else self.backend, digest=_digest(content))
        if path:
            self.known[path[:-2]].below.setdefault(str(path[-2]), {})[path[-1]] = known
        return True

    def known_with_revisions(self) -> _Known:
        """What is known of the backend. An entry's revision is asked for when all below it is there."""
        for path, known in self.known.items():
            if collection := self._collection(path):
                known.revision = collection.revision(known.entry)
        return self.known[()]

    def _referenced(self, reference: Reference) -> Any:
        kind, path, *container_type = reference
        if kind == "entry":
            return self.values[path]
        return self.containers.setdefault(path, container_type[0]())

    def _collection(self, path: Path) -> Collection | None:
        attributes = path[::2]
        if attributes not in self.found:
            above = self._collection(path[:-2])
            within = above.within if above else self.collections if len(attributes) == 1 else ()
            self.found[attributes] = next((one for one in within if one.attribute == attributes[-1]), None)
        return self.found[attributes]
