"""The ledger of files: what it says of the contents of a claim, and the rows that a run adds to it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import functions as f

from lakehouse_contract.arrivals.ledger import LOADED, Processing, ledger_row
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.local_rows import local_frame

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class LoadedFile:
    """A file that was loaded: its rows in the table, its good rows that others took the place of, and the months of
    both, as `2005-01`.
    """

    name: str
    checksum: str
    arrived_at: datetime
    rows_out: int
    rows_superseded: int
    months: frozenset[str]


def loaded_files(ledger: BranchTable, checksums: Collection[str]) -> list[LoadedFile]:
    """Every file with one of these contents that was ever loaded."""
    if ledger.base_snapshot_id is None:
        return []
    known = ledger.read_published().filter((f.col("status") == LOADED) & f.col("checksum").isin(*checksums))
    columns = ("file_name", "checksum", "rows_out", "rows_superseded", "months")
    return [
        LoadedFile(
            row["file_name"],
            row["checksum"],
            EPOCH + row["micros"] * MICROSECOND,
            row["rows_out"],
            row["rows_superseded"],
            frozenset(row["months"].split()),
        )
        for row in known.select(*columns, f.unix_micros("arrived_at").alias("micros")).collect()
    ]


def last_loaded(ledger: BranchTable) -> list[tuple[datetime, str]]:
    """Arrival and name of the two files that arrived last of those that were ever loaded."""
    if ledger.base_snapshot_id is None:
        return []
    loaded = ledger.read_published().filter(f.col("status") == LOADED)
    files = loaded.select("file_name", f.unix_micros("arrived_at").alias("micros")).distinct()
    rows = files.sort(f.desc("micros"), "file_name").limit(2).collect()
    return [(EPOCH + row["micros"] * MICROSECOND, row["file_name"]) for row in rows]


def append_ledger(ledger: BranchTable, root: str, entries: Sequence[Mapping[str, Any]], processing: Processing) -> None:
    """Add a row per entry of the run document to the run's branch."""
    rows = [ledger_row(entry, processing, root) for entry in entries]
    values = [tuple(row[name] for name in ledger.declaration.by_name) for row in rows]
    frame = local_frame(ledger.spark, values, ledger.declaration.schema)
    ledger.append(frame.coalesce(1).sort("year", "month", "arrived_at"))
