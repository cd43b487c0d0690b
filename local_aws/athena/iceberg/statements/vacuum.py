"""VACUUM: snapshots that have had their time expire, and files that nothing names any more are removed.

Source: Athena user guide, "VACUUM"; which snapshots branches and tags keep: Iceberg specification, "Snapshot Retention
Policy".
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRef, SnapshotRefType
from pyiceberg.table.snapshots import ancestors_of
from pyiceberg.table.update import RemoveSnapshotRefUpdate, RemoveSnapshotsUpdate

from local_aws.athena.executions.session import Outcome, Session
from local_aws.athena.iceberg.files import listed_files, referenced_files, remove_files, statistics_files
from local_aws.athena.iceberg.properties import MAX_METADATA_FILES, MAX_SNAPSHOT_AGE, MIN_SNAPSHOTS
from local_aws.athena.iceberg.statements.optimize import maintained_target
from local_aws.athena.sql.errors import QueryError
from local_aws.athena.statements import runner
from local_aws.athena.statements.parsing import Statement
from local_aws.glue.lock import glue_lock
from local_aws.storage import local_path, split_s3_url

_VACUUM = re.compile(r"VACUUM\s+(\S+)$", re.IGNORECASE)
DEFAULT_MAX_SNAPSHOT_AGE_MS = 432_000_000
DEFAULT_MIN_SNAPSHOTS = 1
DEFAULT_MAX_METADATA_FILES = 100
MAX_FILES_PER_RUN = 20_000
_POLL_SECONDS = 0.05
_waiting: set[str] = set()


@dataclass(frozen=True)
class Retention:
    """How long the table keeps what; times in milliseconds since 1970."""

    now: int
    max_age: int
    min_snapshots: int
    metadata_files: int

    @classmethod
    def of(cls, metadata: TableMetadata) -> "Retention":
        properties = metadata.properties
        return cls(
            time.time_ns() // 1_000_000,
            int(properties.get(MAX_SNAPSHOT_AGE, DEFAULT_MAX_SNAPSHOT_AGE_MS)),
            int(properties.get(MIN_SNAPSHOTS, DEFAULT_MIN_SNAPSHOTS)),
            int(properties.get(MAX_METADATA_FILES, DEFAULT_MAX_METADATA_FILES)),
        )

    def kept_snapshots(self, metadata: TableMetadata) -> set[int]:
        kept: set[int] = set()
        known: set[int] = set()
        for ref in metadata.refs.values():
            known |= _history(metadata, ref)
            if not self.is_expired_ref(metadata, ref):
                kept |= self._kept_by(metadata, ref)
        unreferenced = (snapshot for snapshot in metadata.snapshots if snapshot.snapshot_id not in known)
        return kept | {item.snapshot_id for item in unreferenced if self.now - item.timestamp_ms <= self.max_age}

    def is_expired_ref(self, metadata: TableMetadata, ref: SnapshotRef) -> bool:
        if ref == metadata.refs.get(MAIN_BRANCH) or ref.max_ref_age_ms is None:
            return False
        return self.now - metadata.snapshot_by_id(ref.snapshot_id).timestamp_ms > ref.max_ref_age_ms

    def _kept_by(self, metadata: TableMetadata, ref: SnapshotRef) -> set[int]:
        if ref.snapshot_ref_type is SnapshotRefType.TAG:
            return {ref.snapshot_id}
        max_age = self.max_age if ref.max_snapshot_age_ms is None else ref.max_snapshot_age_ms
        least = self.min_snapshots if ref.min_snapshots_to_keep is None else ref.min_snapshots_to_keep
        history = ancestors_of(metadata.snapshot_by_id(ref.snapshot_id), metadata)
        return {
            snapshot.snapshot_id
            for place, snapshot in enumerate(history)
            if place < max(least, 1) or self.now - snapshot.timestamp_ms <= max_age
        }


def _history(metadata: TableMetadata, ref: SnapshotRef) -> set[int]:
    return {item.snapshot_id for item in ancestors_of(metadata.snapshot_by_id(ref.snapshot_id), metadata)}


def vacuum(session: Session, statement: Statement) -> Outcome:
    match = _VACUUM.match(statement.text)
    if match is None:
        raise QueryError("SYNTAX_ERROR: write VACUUM table")
    target = maintained_target(session, match[1], "VACUUM")
    location = target.iceberg.location()
    if not split_s3_url(location)[1].strip("/"):
        raise QueryError(f"GENERIC_INTERNAL_ERROR: Path missing in file system location: {location}")
    session.check_not_cancelled()
    before, table = _expire(target.iceberg)
    _await_readers(session)
    unneeded = _unneeded_files(before, table)
    removed = remove_files(table, islice(unneeded, MAX_FILES_PER_RUN))
    if next(unneeded, None) is not None:
        raise QueryError(
            f"ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed {removed} files in this round of vacuum, but there are more "
            "files remaining. Please run another VACUUM command to process the remaining files"
        )
    return Outcome(f"{session.output_prefix}{session.query_id}")


def _expire(table: Table) -> tuple[Table, Table]:
    """The table before and after its old snapshots and references have gone, in one commit that nobody gets between."""
    with glue_lock:
        before = table.catalog.load_table(table.name())
        metadata = before.metadata
        retention = Retention.of(metadata)
        kept = retention.kept_snapshots(metadata)
        expired = [item.snapshot_id for item in metadata.snapshots if item.snapshot_id not in kept]
        refs = [name for name, ref in metadata.refs.items() if retention.is_expired_ref(metadata, ref)]
        updates = tuple(RemoveSnapshotRefUpdate(ref_name=name) for name in refs)
        if expired:
            updates = (*updates, RemoveSnapshotsUpdate(snapshot_ids=expired))
        if updates:
            table.catalog.commit_table(before, (), updates)
        return before, table.catalog.load_table(table.name())


def _await_readers(session: Session) -> None:
    """Wait for the queries that may still read what has expired; later ones do not see it.

    Other VACUUMs that wait are not waited for.
    """
    readers = runner.running_queries()
    _waiting.add(session.query_id)
    try:
        while (readers & runner.running_queries()) - _waiting:
            session.check_not_cancelled()
            time.sleep(_POLL_SECONDS)
    finally:
        _waiting.discard(session.query_id)


def _unneeded_files(before: Table, table: Table) -> Iterator[str]:
    """Files of expired snapshots, metadata files past their number, and old files that no snapshot names."""
    retention = Retention.of(table.metadata)
    listed = [file for file in listed_files(table) if retention.now - _modified_ms(file) > retention.max_age]
    table = table.catalog.load_table(table.name())
    gone = {item.snapshot_id for item in before.metadata.snapshots} - {
        item.snapshot_id for item in table.metadata.snapshots
    }
    log = [entry.metadata_file for entry in table.metadata.metadata_log]
    kept_log = log[-retention.metadata_files :]
    needed = {
        table.metadata_location,
        *kept_log,
        *statistics_files(table),
        *referenced_files(table, table.metadata.snapshots),
    }
    expired = referenced_files(table, [item for item in before.metadata.snapshots if item.snapshot_id in gone])
    candidates = dict.fromkeys([*expired, *set(log).difference(kept_log), *listed])
    writing = runner.running_queries()
    return (
        file
        for file in candidates
        if file not in needed and not any(query_id in file.rpartition("/")[2] for query_id in writing)
    )


def _modified_ms(url: str) -> int:
    try:
        return local_path(url).stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return time.time_ns() // 1_000_000
