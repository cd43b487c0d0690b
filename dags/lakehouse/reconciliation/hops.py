"""Whether every row can be accounted for at every hop, from the source to the tables that are queried."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lakehouse_contract.runs import RunDocument

COUNTED_HOPS = ("source_rows", "raw_rows", "published_rows", "rejected_rows", "athena_rows", "redshift_rows")
RECONCILED_TABLES = ("customers", "accounts", "transactions", "transaction_events", "dim_dates", "rejects")

RowCounts = Mapping[str, int]


@dataclass(frozen=True)
class Fingerprint:
    """What an engine says of a table: its rows, the sum of its money and a hash that no order of rows changes."""

    rows: int = 0
    amount: Decimal | None = None
    row_hash: str | None = None


@dataclass(frozen=True)
class TableReconciliation:
    """Rows of one table at each hop; None where the table or the hop does not exist."""

    table_name: str
    source_rows: int | None
    raw_rows: int | None
    published_rows: int
    rejected_rows: int | None
    published_amount: Decimal | None
    athena: Fingerprint
    redshift: Fingerprint | None

    @property
    def broken_hops(self) -> list[str]:
        """Each hop on which rows were lost, gained or changed, with both counts, sums or hashes."""
        accounted_rows = self.published_rows + (self.rejected_rows or 0)
        hops = (
            ("source to raw", self.source_rows, self.raw_rows),
            ("raw to published and rejected", self.raw_rows, accounted_rows),
            ("published to Athena", self.published_rows, self.athena_rows),
            ("published to Redshift", self.published_rows, self.redshift_rows),
        )
        broken = [
            f"{self.table_name} {name}: {before} rows became {after}"
            for name, before, after in hops
            if before is not None and after is not None and before != after
        ]
        return broken or self._changed_values()

    def _changed_values(self) -> list[str]:
        """Where as many rows have another sum of money, or other values."""
        changed = []
        if self.published_amount is not None and self.published_amount != (self.athena.amount or 0):
            changed.append(f"published to Athena: the amount {self.published_amount} became {self.athena.amount}")
        if self.redshift is not None and self.redshift.amount != self.athena.amount:
            changed.append(f"Athena to Redshift: the amount {self.athena.amount} became {self.redshift.amount}")
        if self.redshift is not None and self.redshift.row_hash != self.athena.row_hash:
            changed.append(f"Athena to Redshift: rows of hash {self.athena.row_hash} became {self.redshift.row_hash}")
        return [f"{self.table_name} {change}" for change in changed]

    @property
    def athena_rows(self) -> int:
        return self.athena.rows

    @property
    def redshift_rows(self) -> int | None:
        return None if self.redshift is None else self.redshift.rows

    @property
    def is_reconciled(self) -> bool:
        return not self.broken_hops

    def counts(self) -> dict[str, int | None]:
        """Rows by hop, under the names of the audit table's columns."""
        return {name: getattr(self, name) for name in COUNTED_HOPS}


def reconcile_tables(
    document: RunDocument,
    raw_counts: Mapping[str, RowCounts] | None,
    athena: Mapping[str, Fingerprint],
    redshift: Mapping[str, Fingerprint] | None,
) -> list[TableReconciliation]:
    """One reconciliation per name of RECONCILED_TABLES.

    :param document: what the published run wrote
    :param raw_counts: `{table: {"source_rows", "raw_rows"}}`, or None when nothing was extracted
    :param athena: fingerprints by table as Athena computes them, rows that are no source's row uncounted; none of an
        empty table
    :param redshift: the same of Redshift, or None without Redshift
    """
    kept_rows, rejected_rows = _kept_rows(document), _rejected_rows(document)
    extracted = raw_counts or {}
    amounts = {"transactions": Decimal(document["sums"]["fact_transactions.amount"])}
    return [
        TableReconciliation(
            table_name=table,
            source_rows=extracted.get(table, {}).get("source_rows"),
            raw_rows=extracted.get(table, {}).get("raw_rows"),
            published_rows=kept_rows[table],
            rejected_rows=rejected_rows.get(table),
            published_amount=amounts.get(table),
            athena=athena.get(table, Fingerprint()),
            redshift=None if redshift is None else redshift.get(table, Fingerprint()),
        )
        for table in RECONCILED_TABLES
    ]


def changed_in_publication(document: RunDocument, published_rows: Mapping[str, int]) -> list[str]:
    """Of the tables whose rows are given those that have other rows than the run wrote, with both counts."""
    return [
        f"{table} written to published: {entry['rows']} rows became {published_rows[table]}"
        for table, entry in document["tables"].items()
        if entry["rows"] != published_rows.get(table, entry["rows"])
    ]


def _rejected_rows(document: RunDocument) -> dict[str, int]:
    return {source: counts["rejected_rows"] for source, counts in document["sources"].items()}


def _kept_rows(document: RunDocument) -> dict[str, int]:
    """Rows that the run kept of each source, and the rows of the tables that have no source of their own.

    A dimension has the unknown member and customers or accounts that left the source besides; events are folded into
    the facts; every rejected row must be found in the rejects table.
    """
    kept = {source: counts["rows"] - counts["rejected_rows"] for source, counts in document["sources"].items()}
    return kept | {
        "dim_dates": document["tables"]["dim_dates"]["rows"],
        "rejects": sum(_rejected_rows(document).values()),
    }
