"""Claims and runs as the arrivals pipeline has them between its tasks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from lakehouse_aws.arrivals.claims import ClaimsHook
from lakehouse_aws.arrivals.ledger import FileLedgerHook
from lakehouse_aws.arrivals.publication import ClaimPublicationHook
from lakehouse_aws.errors import LakeError
from lakehouse_glue.stocks.months.files import ARROW_TYPES

from lakehouse_contract.arrivals.claims import Claim, claim_key
from lakehouse_contract.arrivals.kinds import SALES_FILES, STOCK_FILES, Arrivals
from lakehouse_contract.arrivals.ledger import LOADED, Outcome, Processing, file_entry, ledger_row
from lakehouse_contract.datasets import SALES
from lakehouse_contract.tables import declared_table
from tests.plugins.iceberg_lake import IcebergLake

ALL_SETTLED = timedelta(days=1)
MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = ("year", "month")
# Their dataset is cut down to what the shared parts tell apart: the first table, that of the rows, and the ledger.
FEW_SALES_FILES = replace(
    SALES_FILES, dataset=replace(SALES, dimensions=SALES.dimensions[:1], facts=(SALES.facts[0], SALES_FILES.ledger))
)
PRICES = pa.schema([("symbol", pa.string()), ("run", pa.string()), ("year", pa.int32()), ("month", pa.int32())])
LEDGER = pa.schema(
    [
        pa.field(column.name, ARROW_TYPES[column.type], nullable=not column.is_required)
        for column in declared_table(STOCK_FILES.ledger).columns
    ]
)


class ArrivalsLake:
    """A lake with a catalog, and what a Glue job would leave in it."""

    def __init__(self, s3: Any, bucket: str, database: str, kind: Arrivals) -> None:
        self.s3, self.bucket, self.database = s3, bucket, database
        # A job of its own: what fails in one test does not in another.
        self.arrivals = replace(kind, job=f"job-{database}")
        self.files = ClaimsHook(arrivals=self.arrivals)
        self.publication = ClaimPublicationHook(arrivals=self.arrivals, bucket=bucket, database=database)
        self.ledger_hook = FileLedgerHook(arrivals=self.arrivals, bucket=bucket, database=database)
        self.rows_table = kind.dataset.facts[0]
        keys = dict.fromkeys(kind.dataset.tables, KEYS)
        self.iceberg = IcebergLake(s3, self.publication.catalog, bucket, database, keys)

    def drop(self, name: str, content: bytes = b"x") -> None:
        self.s3.put_object(Bucket=self.bucket, Key=self.arrivals.landing_prefix + name, Body=content)

    def claim(self, run_id: str) -> dict[str, Any] | None:
        return self.files.claim(self.bucket, run_id, self.settled)

    @property
    def settled(self) -> datetime:
        """A moment before which every file was last written."""
        return datetime.now(UTC) + ALL_SETTLED

    def empty(self) -> None:
        for key in self.keys(""):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def claimed_files(self, claim: dict[str, Any]) -> list[dict[str, Any]]:
        return json.loads(self.content(claim["claim"]))["files"]

    def load(
        self,
        run: str,
        claim: str,
        files: list[dict[str, Any]],
        months: list[int],
        audit_failures: int | None = 0,
        **outcome: Any,
    ) -> None:
        """What the Glue job writes: a row per month of 2026. Every file has three rows, one of them bad.

        The audit of the run finds so many critical failures; None is for a run that is not audited.
        """
        counts = {"status": LOADED, "rows_in": 3, "rows_out": 2, "rows_rejected": 1}
        outcome = counts | {"months": tuple(f"2026-{month:02d}" for month in months)} | outcome
        keys = {file["key"] for file in files}
        described = Claim.from_json(self.content(claim_key(self.arrivals, claim)))
        claimed = [file for file in described.files.values() if file.key in keys]
        entries = [file_entry(self.arrivals, file, Outcome(**outcome), MOMENT.date()) for file in claimed]
        processing = Processing(run, f"run of {run}", MOMENT, MOMENT)
        told = [ledger_row(entry, processing, f"s3://{self.bucket}") for entry in entries]
        kept = [row for row in self.rows(self.rows_table) if row["month"] not in months]
        new = [{"symbol": "A", "run": run, "year": 2026, "month": month} for month in months]
        tables = {
            name: pa.Table.from_pylist((kept if name == self.rows_table else self.rows(name)) + new, PRICES)
            for name in self.arrivals.dataset.tables
        }
        ledger = self.arrivals.ledger
        tables[ledger] = pa.Table.from_pylist(self.rows(ledger) + told, LEDGER)
        moment = MOMENT.isoformat()
        described_as = {"claim": claim, "claimed_at": described.claimed_at, "files": entries}
        self.iceberg.write_run(run, tables, failed=audit_failures, **described_as, started_at=moment, created_at=moment)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The published rows."""
        try:
            published = self.publication.table(table)
        except LakeError:
            return []
        return published.scan().to_arrow().to_pylist() if published.current_snapshot() else []

    def published(self) -> dict[int, str]:
        """The run that the rows of a month are of."""
        return {row["month"]: row["run"] for row in self.rows(self.rows_table)}

    def ledger(self) -> list[dict[str, Any]]:
        """The rows of the ledger, with those that wait to be told."""
        self.ledger_hook.tell()
        return self.rows(self.arrivals.ledger)

    def contents(self, *prefixes: str) -> list[bytes]:
        """Of all files below the prefixes, sorted: not of what the pipeline says of them."""
        keys = [key for prefix in prefixes for key in self.keys(prefix)]
        return sorted(self.content(key) for key in keys if not key.endswith((".json", ".reason.txt")))

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [item["Key"] for item in listed]

    def names(self, prefix: str) -> list[str]:
        return sorted(key.rsplit("/", 1)[1] for key in self.keys(prefix))

    def content(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
