"""The rows of a ledger of files that no job run tells of."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lakehouse_aws.arrivals.moves import in_parallel
from lakehouse_aws.iceberg.catalog import IcebergHook
from lakehouse_contract.arrivals.kinds import Arrivals
from lakehouse_contract.arrivals.ledger import QUARANTINED

if TYPE_CHECKING:
    from pyiceberg.table import Table

# A commit is made of so many notes, and then they are removed: what follows begins where this has ended.
NOTES_AT_ONCE = 1000
TIMES = ("arrived_at", "started_at", "finished_at")
Row = dict[str, Any]


class FileLedgerHook(IcebergHook):
    """Takes noted rows into the table, a thousand in a commit."""

    def __init__(self, *args: Any, bucket: str, arrivals: Arrivals, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrivals = arrivals
        self.bucket = bucket

    def tell(self) -> int:
        """Append the noted rows that the table does not have, and remove the notes; the number of rows.

        A file has one row per arrival and fate, so repeating it is right wherever it was stopped. A file that was noted
        and is not in quarantine was gone before it could be moved there.
        """
        keys = self.lake.list_keys(self.bucket, self.arrivals.untold_prefix) or []
        return sum(self._tell(keys[start : start + NOTES_AT_ONCE]) for start in range(0, len(keys), NOTES_AT_ONCE))

    def _tell(self, keys: list[str]) -> int:
        notes = in_parallel(self._told_of, keys)
        rows = [row for row in notes if row is not None]
        told = self._append(rows) if rows else 0
        self.lake.delete_objects(self.bucket, keys)
        return told

    def _told_of(self, key: str) -> Row | None:
        """The row of a note; None when it says that a file is in quarantine that is not."""
        row = _parsed(self.lake.read_json(self.bucket, key))
        quarantine_key = row["location"].removeprefix(f"s3://{self.bucket}/")
        if row["status"] == QUARANTINED and not self.lake.check_for_key(quarantine_key, self.bucket):
            return None
        return row

    def _append(self, rows: list[Row]) -> int:
        import pyarrow as pa
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        from lakehouse_aws.iceberg.declared import create_declared_table

        table = create_declared_table(self.catalog, self.database, self.bucket, self.arrivals.ledger)
        known = _identities(_rows_without_run(table, rows))
        new = [row for row in rows if _identity(row) not in known]
        if new:
            table.append(pa.Table.from_pylist(new, schema=schema_to_pyarrow(table.schema(), include_field_ids=False)))
        return len(new)


def _rows_without_run(table: "Table", rows: list[Row]) -> list[Row]:
    """Those that the table has of the months in which the files of these rows arrived."""
    from pyiceberg.expressions import And, EqualTo, IsNull, Or

    months = sorted({(row["year"], row["month"]) for row in rows})
    conditions = [And(EqualTo("year", year), EqualTo("month", month)) for year, month in months]
    is_of_months = conditions[0] if len(conditions) == 1 else Or(*conditions)
    scan = table.scan(And(is_of_months, IsNull("run")), selected_fields=("file_name", "arrived_at", "status"))
    return scan.to_arrow().to_pylist()


def _identities(rows: Iterable[Row]) -> set[tuple[str, datetime, str]]:
    return {_identity(row) for row in rows}


def _identity(row: Row) -> tuple[str, datetime, str]:
    return row["file_name"], row["arrived_at"], row["status"]


def _parsed(note: Row) -> Row:
    """The note's points in time as the table has them: in UTC, without a zone."""
    return note | {name: datetime.fromisoformat(note[name]).astimezone(UTC).replace(tzinfo=None) for name in TIMES}
