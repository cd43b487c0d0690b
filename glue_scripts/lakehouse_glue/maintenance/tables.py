"""Maintains Iceberg tables by Iceberg's own procedures."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.branches import (
    BASE_PROPERTY,
    MAIN,
    PUBLISHED_BEFORE_PROPERTY,
    PUBLISHED_PROPERTY,
    RUN_PROPERTY,
    run_of,
)
from lakehouse_contract.tables import Table
from lakehouse_glue.iceberg import java_table, table_identifier
from lakehouse_glue.maintenance.retention import (
    Snapshot,
    TableHistory,
    expired_references,
    expired_snapshots,
    runs_of,
    unpublished_branch,
)

CATALOG = "glue_catalog"
# Rewritten files are of at least half the target, so what is a quarter of it was never rewritten: no file is rewritten
# twice. The smallest number of files that is worth it is Iceberg's own (min-input-files, 5).
TARGET_FILE_BYTES = 512 << 20
SMALL_FILE_BYTES = TARGET_FILE_BYTES // 4
# Iceberg's target of a manifest (commit.manifest.target-size-bytes); a few more than needed cost a reader nothing.
MANIFEST_BYTES = 8 << 20
SPARE_MANIFESTS = 10
# A file that no snapshot names may be one that a job is about to commit; Iceberg's procedure refuses less than a day.
ORPHANED_FOR = timedelta(days=3)
LONG_AGO = "TIMESTAMP '1970-01-02 00:00:00'"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Maintenance:
    """One run over a Glue database.

    `begun_at` gives when a run wrote its document, by the run's id; None for a run without one.
    """

    spark: SparkSession
    database: str
    now: datetime
    retention: timedelta
    begun_at: Callable[[str], datetime | None]

    def run(self, tables: list[Table]) -> dict[str, dict[str, Any]]:
        """What was done to each table that is there."""
        return {table.name: done for table in tables if (done := self._maintain(table)) is not None}

    def runs_in(self, table: str) -> set[str]:
        """The runs whose versions a table of the database has; none without the table."""
        identifier = table_identifier(self.database, table)
        return runs_of(self._versions(identifier)) if self.spark.catalog.tableExists(identifier) else set()

    def _maintain(self, table: Table) -> dict[str, Any] | None:
        identifier = table_identifier(self.database, table.name)
        if not self.spark.catalog.tableExists(identifier):
            logger.info("%s: there is no such table yet", table.name)
            return None
        done: dict[str, Any] = {"dropped": self._drop_references(identifier)}
        in_use = unpublished_branch(self._versions(identifier))
        if in_use:
            logger.info(
                "%s: not compacted, because %s began at the present main and may be published", table.name, in_use
            )
        else:
            done["compacted_files"] = self._compact(identifier, table)
            done["compacted_manifests"] = self._compact_manifests(identifier)
        done["expired_snapshots"] = self._expire(identifier)
        done["orphaned_files"] = self._remove_orphans(identifier)
        logger.info("%s: %s", table.name, done)
        return done

    def _drop_references(self, identifier: str) -> list[str]:
        versions = self._versions(identifier)

        def age_of(reference: str) -> timedelta:
            head = versions.tags.get(reference) or versions.branches[reference]
            known = self.begun_at(run_of(reference)) or versions.written_at(reference)
            return self.now - (known or versions.snapshots[head].committed_at)

        expired = expired_references(versions, age_of, self.retention)
        if expired:
            changes = java_table(self.spark, identifier).manageSnapshots()
            for name in expired:
                changes = changes.removeTag(name) if name in versions.tags else changes.removeBranch(name)
            changes.commit()
        return expired

    def _compact(self, identifier: str, table: Table) -> int:
        """The number of data files that were rewritten; no delete file is left, since Redshift copies data files."""
        has_deletes = not self._metadata(identifier, "delete_files").isEmpty()
        options = {
            "target-file-size-bytes": TARGET_FILE_BYTES,
            "min-file-size-bytes": SMALL_FILE_BYTES,
            "delete-file-threshold": 1,
            "remove-dangling-deletes": has_deletes,
        }
        arguments = {"table": _text(identifier), "options": _map(options)}
        if table.sort_keys:
            arguments |= {"strategy": "'sort'", "sort_order": _text(", ".join(table.sort_keys))}
        rewritten = self._call("rewrite_data_files", arguments)["rewritten_data_files_count"]
        if has_deletes:
            # Rewritten data keep the sequence number of the snapshot that they are of, so a delete file still looks as
            # if it applied to them; only this procedure asks for the data files that its rows name.
            options = _map({"rewrite-all": True})
            self._call("rewrite_position_delete_files", {"table": _text(identifier), "options": options})
        return rewritten

    def _compact_manifests(self, identifier: str) -> int:
        lengths = self._metadata(identifier, "manifests").select("length")
        found = lengths.agg(f.count("length").alias("count"), f.sum("length").alias("bytes")).first()
        if found["count"] <= math.ceil((found["bytes"] or 0) / MANIFEST_BYTES) + SPARE_MANIFESTS:
            return 0
        return self._call("rewrite_manifests", {"table": _text(identifier)})["rewritten_manifests_count"]

    def _expire(self, identifier: str) -> int:
        """By ids, and by no age: Iceberg counts a snapshot's age from its commit, however long it has been main."""
        expired = expired_snapshots(self._versions(identifier), self.now)
        if expired:
            ids = f"array({', '.join(f'{snapshot_id}L' for snapshot_id in expired)})"
            self._call("expire_snapshots", {"table": _text(identifier), "older_than": LONG_AGO, "snapshot_ids": ids})
        return len(expired)

    def _remove_orphans(self, identifier: str) -> int:
        older_than = datetime.now(UTC) - ORPHANED_FOR
        arguments = {"table": _text(identifier), "older_than": f"TIMESTAMP '{older_than:%Y-%m-%d %H:%M:%S}'"}
        return len(self._rows("remove_orphan_files", arguments))

    def _call(self, procedure: str, arguments: Mapping[str, str]) -> Any:
        return self._rows(procedure, arguments)[0]

    def _rows(self, procedure: str, arguments: Mapping[str, str]) -> list[Any]:
        named = ", ".join(f"{name} => {value}" for name, value in arguments.items())
        return self.spark.sql(f"CALL {CATALOG}.system.{procedure}({named})").collect()

    def _metadata(self, identifier: str, name: str) -> DataFrame:
        return self.spark.table(f"{identifier}.{name}")

    def _versions(self, identifier: str) -> TableHistory:
        snapshots = self._metadata(identifier, "snapshots").withColumn("committed", f.unix_millis("committed_at"))
        references = self._metadata(identifier, "refs").collect()
        current_since = f.unix_millis("made_current_at").alias("since")
        history = self._metadata(identifier, "history").select("snapshot_id", current_since).orderBy("since").collect()
        properties = {row["key"]: row["value"] for row in self.spark.sql(f"SHOW TBLPROPERTIES {identifier}").collect()}
        published = {properties.get(PUBLISHED_PROPERTY), properties.get(PUBLISHED_BEFORE_PROPERTY)} - {None}
        branches = {row["name"]: row["snapshot_id"] for row in references if row["type"] == "BRANCH"}
        main = branches.pop(MAIN, None)
        # A rollback that emptied the table has said nowhere when.
        ends = [_moment(row["since"]) for row in history[1:]] + [self.now if main is None else None]
        return TableHistory(
            main=main,
            tags={row["name"]: row["snapshot_id"] for row in references if row["type"] == "TAG"},
            branches=branches,
            snapshots={row["snapshot_id"]: _snapshot(row) for row in snapshots.collect()},
            replaced_at={row["snapshot_id"]: end for row, end in zip(history, ends, strict=bool(history))},
            published=published,
        )


def _snapshot(row: Any) -> Snapshot:
    summary = row["summary"] or {}
    base = summary.get(BASE_PROPERTY)
    return Snapshot(
        snapshot_id=row["snapshot_id"],
        parent_id=row["parent_id"],
        committed_at=_moment(row["committed"]),
        run=summary.get(RUN_PROPERTY),
        base_id=int(base) if base else None,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _text(value: str) -> str:
    return f"'{value}'"


def _map(options: Mapping[str, Any]) -> str:
    return f"map({', '.join(f'{name!r}, {str(value).lower()!r}' for name, value in options.items())})"
