"""What the ledger of files says of the contents of a claim."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import functions as f

from lakehouse_contract.stock_ledger import LOADED
from lakehouse_glue.iceberg import BranchTable

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
