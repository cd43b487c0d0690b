"""Whether every row can be accounted for at every hop, from the source to the tables that are queried."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

UNKNOWN_MEMBERS = 1
DIMENSION_OF_SOURCE = {"customers": "dim_customers", "accounts": "dim_accounts"}
RECONCILED_TABLES = ("customers", "accounts", "transactions", "transaction_events", "dim_dates", "rejects")

RowCounts = Mapping[str, int]


@dataclass(frozen=True)
class TableReconciliation:
    """Rows of one table at each hop; None where the table or the hop does not exist."""

    table_name: str
    source_rows: int | None
    raw_rows: int | None
    published_rows: int
    rejected_rows: int | None
    athena_rows: int | None
    redshift_rows: int | None

    @property
    def broken_hops(self) -> list[str]:
        """Each hop on which rows were lost or gained, with both counts."""
        accounted_rows = self.published_rows + (self.rejected_rows or 0)
        hops = (
            ("source to raw", self.source_rows, self.raw_rows),
            ("raw to published and rejected", self.raw_rows, accounted_rows),
            ("published to Athena", self.published_rows, self.athena_rows),
            ("published to Redshift", self.published_rows, self.redshift_rows),
        )
        return [
            f"{self.table_name} {name}: {before} rows became {after}"
            for name, before, after in hops
            if before is not None and after is not None and before != after
        ]

    @property
    def is_reconciled(self) -> bool:
        return not self.broken_hops

    def counts(self) -> dict[str, int | None]:
        """Rows by hop, under the names of the audit table's columns."""
        counts = asdict(self)
        del counts["table_name"]
        return counts


def reconcile_tables(
    manifest: dict[str, Any],
    raw_counts: Mapping[str, RowCounts] | None,
    athena_rows: RowCounts,
    redshift_rows: RowCounts | None,
) -> list[TableReconciliation]:
    """One reconciliation per name of RECONCILED_TABLES.

    :param manifest: manifest of the published snapshot
    :param raw_counts: `{table: {"source_rows", "raw_rows"}}`, or None when nothing was extracted
    :param athena_rows: rows by table as Athena counts them, without the unknown members
    :param redshift_rows: the same of Redshift, or None without Redshift
    """
    published_rows, rejected_rows = _published_rows(manifest), _rejected_rows(manifest)
    extracted = raw_counts or {}
    return [
        TableReconciliation(
            table_name=table,
            source_rows=extracted.get(table, {}).get("source_rows"),
            raw_rows=extracted.get(table, {}).get("raw_rows"),
            published_rows=published_rows[table],
            rejected_rows=rejected_rows.get(table),
            athena_rows=athena_rows.get(table, 0),
            redshift_rows=None if redshift_rows is None else redshift_rows.get(table, 0),
        )
        for table in RECONCILED_TABLES
    ]


def _rejected_rows(manifest: dict[str, Any]) -> dict[str, int]:
    return {source: counts["rejected_rows"] for source, counts in manifest["sources"].items()}


def _published_rows(manifest: dict[str, Any]) -> dict[str, int]:
    """Rows that the snapshot holds of each table.

    A dimension has its unknown member besides the source's rows; events are folded into the facts, so theirs is what
    the job kept; every rejected row must be found in the rejects table.
    """
    tables, events = manifest["tables"], manifest["sources"]["transaction_events"]
    dimensions = {
        source: tables[dimension]["rows"] - UNKNOWN_MEMBERS for source, dimension in DIMENSION_OF_SOURCE.items()
    }
    return dimensions | {
        "transactions": tables["fact_transactions"]["rows"],
        "transaction_events": events["rows"] - events["rejected_rows"],
        "dim_dates": tables["dim_dates"]["rows"],
        "rejects": sum(_rejected_rows(manifest).values()),
    }
