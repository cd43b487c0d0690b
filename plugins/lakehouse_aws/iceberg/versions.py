"""The versions of an Iceberg table: which one is published, and the one commit that publishes another.

Of the plugin's modules only those import this one that do so inside of functions: PyIceberg takes a second to import.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.update import (
    AssertRefSnapshotId,
    AssertTableUUID,
    RemoveSnapshotRefUpdate,
    RemoveSnapshotsUpdate,
    SetPropertiesUpdate,
    SetSnapshotRefUpdate,
    TableUpdate,
    ValidatableTableRequirement,
)

from lakehouse_contract.branches import (
    BASE_PROPERTY,
    CLAIMED_AT_PROPERTY,
    MAIN,
    PUBLISHED_AT_PROPERTY,
    PUBLISHED_BEFORE_PROPERTY,
    PUBLISHED_PREFIX,
    PUBLISHED_PROPERTY,
    RUN_PROPERTY,
    run_branch,
    run_of,
)

COMMIT_TRIES = 5
# Of a branch; SetSnapshotRefUpdate replaces them with what it is given.
RETENTION = {"max_ref_age_ms", "max_snapshot_age_ms", "min_snapshots_to_keep"}


class MovedOnError(Exception):
    """Since a table was read its main was moved by somebody else."""


class AssertProperty(ValidatableTableRequirement):
    """A property of the table is what it was when it was read: nothing was published, rolled back or claimed since.

    Two publications can have the same main, when a run changed nothing in a table or after a rollback, so main alone
    would let a publication through that was paused meanwhile. GlueCatalog validates requirements where it commits, on
    the metadata that its UpdateTable replaces by VersionId.
    """

    type: Literal["assert-property"] = "assert-property"
    name: str
    value: str | None

    def validate(self, base_metadata: TableMetadata | None) -> None:
        if base_metadata is None or base_metadata.properties.get(self.name) != self.value:
            raise CommitFailedException(f"{self.name} was changed meanwhile")


class TableVersions:
    """The versions of a table as they were when it was read."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name()[-1]
        self.metadata = table.metadata

    def reload(self) -> "TableVersions":
        return TableVersions(self.table.catalog.load_table(self.table.name()))

    @property
    def main(self) -> int | None:
        ref = self.metadata.refs.get(MAIN)
        return ref.snapshot_id if ref else None

    @property
    def tags(self) -> dict[str, int]:
        """Snapshot ids by tag."""
        return {
            name: ref.snapshot_id
            for name, ref in self.metadata.refs.items()
            if ref.snapshot_ref_type == SnapshotRefType.TAG
        }

    @property
    def published(self) -> str | None:
        """The tag of what was published last, by a publication or a rollback."""
        return self.metadata.properties.get(PUBLISHED_PROPERTY)

    @property
    def published_before(self) -> str | None:
        return self.metadata.properties.get(PUBLISHED_BEFORE_PROPERTY)

    @property
    def published_at(self) -> str | None:
        return self.metadata.properties.get(PUBLISHED_AT_PROPERTY)

    @property
    def claimed_at(self) -> str | None:
        """The fencing token of the claim that was made last."""
        return self.metadata.properties.get(CLAIMED_AT_PROPERTY)

    @property
    def rows(self) -> int:
        """Rows of main by the summary of its snapshot, rows that delete files delete included."""
        snapshot = self.table.current_snapshot()
        return int((snapshot.summary or {}).get("total-records") or 0) if snapshot else 0

    def has_snapshot(self, snapshot_id: int) -> bool:
        return self.metadata.snapshot_by_id(snapshot_id) is not None

    def ancestors(self, snapshot_id: int | None) -> Iterator[int]:
        """The snapshot and those that it was built on, as far as they are known, the latest first.

        A snapshot between two publications expires; then its successor's branch tells at what it began.
        """
        seen: set[int] = set()
        while snapshot_id is not None and snapshot_id not in seen:
            seen.add(snapshot_id)
            yield snapshot_id
            snapshot = self.metadata.snapshot_by_id(snapshot_id)
            if snapshot is None:
                return
            parent = snapshot.parent_snapshot_id
            base = (snapshot.summary or {}).get(BASE_PROPERTY)
            if (parent is None or not self.has_snapshot(parent)) and base:
                parent = int(base)
            snapshot_id = parent

    def common_ancestor(self, snapshot_id: int | None) -> int | None:
        """The latest snapshot that main and another one were built on.

        None where both are whole histories without a common snapshot: there, each began at an empty table. Where a
        history has expired, the other one.
        """
        of_main, of_other = list(self.ancestors(self.main)), list(self.ancestors(snapshot_id))
        shared = (ancestor for ancestor in of_other if ancestor in of_main and self.has_snapshot(ancestor))
        are_whole = self._begins_at_nothing(of_main) and self._begins_at_nothing(of_other)
        return next(shared, None if are_whole else snapshot_id)

    def _begins_at_nothing(self, history: list[int]) -> bool:
        """Whether a snapshot and those that it was built on are known down to an empty table, or there are none."""
        known = (snapshot for found in history if (snapshot := self.metadata.snapshot_by_id(found)))
        return not history or any(
            found.parent_snapshot_id is None or (found.summary or {}).get(BASE_PROPERTY) == "" for found in known
        )

    def is_at(self, tag: str) -> bool:
        """Whether the tagged version is the published one; maintenance may have written its rows to other files.

        A version in which the table did not exist yet leaves no main, and no tag, in it.
        """
        if self.published != tag:
            return False
        return self.tags[tag] in self.ancestors(self.main) if tag in self.tags else self.main is None

    def move_main(self, snapshot_id: int | None, tag: str, *, creates_tag: bool) -> str:
        """Move main to the snapshot and say that the tag is published, in one commit; the moment that it writes.

        Without a snapshot main is removed: the table is empty, as before its first publication. Raises MovedOnError
        when main is no longer what it was when the table was read, or files were claimed since.
        """
        moment = _now()
        before = self.published_before if self.published == tag else self.published
        properties = {PUBLISHED_PROPERTY: tag, PUBLISHED_AT_PROPERTY: moment}
        updates: list[TableUpdate] = [
            self._main_update(snapshot_id),
            SetPropertiesUpdate(updates=properties | ({PUBLISHED_BEFORE_PROPERTY: before} if before else {})),
        ]
        if creates_tag:
            updates.append(SetSnapshotRefUpdate(ref_name=tag, type=SnapshotRefType.TAG, snapshot_id=snapshot_id))
        requirements = (
            AssertTableUUID(uuid=self.metadata.table_uuid),
            AssertRefSnapshotId(ref=MAIN, snapshot_id=self.main),
            AssertProperty(name=PUBLISHED_AT_PROPERTY, value=self.published_at),
            AssertProperty(name=CLAIMED_AT_PROPERTY, value=self.claimed_at),
        )
        for _ in range(COMMIT_TRIES):
            try:
                self.table.catalog.commit_table(self.table, requirements, tuple(updates))
            except CommitFailedException:
                found = self.reload()
                if found.published_at == moment:
                    return moment
                if found.state != self.state:
                    raise MovedOnError(self.name) from None
            else:
                return moment
        raise CommitFailedException(f"{self.name} was changed {COMMIT_TRIES} times while main was to be moved.")

    def superseded_tags(self, most_kept: int, older_than: datetime) -> list[str]:
        """The tags of published versions, the oldest first, but for the last ones, and those that another version
        followed after a time.

        Of a table that every run writes to: its snapshots are in the order of publication.
        """
        snapshots = {
            tag: self.metadata.snapshot_by_id(snapshot_id)
            for tag, snapshot_id in self.tags.items()
            if tag.startswith(PUBLISHED_PREFIX)
        }
        in_order = sorted(snapshots, key=lambda tag: snapshots[tag].sequence_number)
        latest_ms = older_than.timestamp() * 1000
        superseded = [tag for tag, later in pairwise(in_order) if snapshots[later].timestamp_ms < latest_ms]
        return superseded[: max(len(in_order) - most_kept, 0)]

    def forget(self, tags: Sequence[str]) -> None:
        """Drop tags, the branches of their runs, and the snapshots of these that nothing else names, in one commit.

        Where the table was changed since it was read, nothing is dropped: the next one does.
        """
        runs = {run_of(tag) for tag in tags}
        names = {*tags, *map(run_branch, runs)} & self.metadata.refs.keys()
        needed = {ref.snapshot_id for name, ref in self.metadata.refs.items() if name not in names}
        written = {one.snapshot_id for one in self.metadata.snapshots if (one.summary or {}).get(RUN_PROPERTY) in runs}
        dropped = (written | {self.metadata.refs[name].snapshot_id for name in names}) - needed
        updates: list[TableUpdate] = [RemoveSnapshotRefUpdate(ref_name=name) for name in sorted(names)]
        if dropped:
            updates.append(RemoveSnapshotsUpdate(snapshot_ids=sorted(dropped)))
        requirements = (
            AssertTableUUID(uuid=self.metadata.table_uuid),
            *(AssertRefSnapshotId(ref=name, snapshot_id=ref.snapshot_id) for name, ref in self.metadata.refs.items()),
        )
        with suppress(CommitFailedException):
            self.table.catalog.commit_table(self.table, requirements, tuple(updates))

    @property
    def state(self) -> tuple[int | None, str | None, str | None]:
        """What a commit that moves main demands to be as it was when the table was read."""
        return self.main, self.published_at, self.claimed_at

    def mark_claimed(self) -> str:
        """Say in the table that files are claimed; the moment, which no run of an earlier claim knows."""
        moment = _now()
        requirements = (AssertTableUUID(uuid=self.metadata.table_uuid),)
        updates = (SetPropertiesUpdate(updates={CLAIMED_AT_PROPERTY: moment}),)
        table = self.table
        for _ in range(COMMIT_TRIES):
            try:
                table.catalog.commit_table(table, requirements, updates)
            except CommitFailedException:
                table = table.catalog.load_table(table.name())
                if TableVersions(table).claimed_at == moment:
                    return moment
            else:
                return moment
        raise CommitFailedException(f"{self.name} was changed {COMMIT_TRIES} times while files were to be claimed.")

    def _main_update(self, snapshot_id: int | None) -> TableUpdate:
        if snapshot_id is None:
            return RemoveSnapshotRefUpdate(ref_name=MAIN)
        ref = self.metadata.refs.get(MAIN)
        retention = ref.model_dump(include=RETENTION) if ref else {}
        return SetSnapshotRefUpdate(ref_name=MAIN, type=SnapshotRefType.BRANCH, snapshot_id=snapshot_id, **retention)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
