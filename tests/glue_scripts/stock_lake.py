"""A lake in a folder for the stock job: claims go in, and what a run has written comes out."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from lakehouse_glue.arrivals.job import JobArguments
from lakehouse_glue.lake import Lake
from lakehouse_glue.stocks.job import ingest_claim
from pyspark.sql import DataFrame, SparkSession

from lakehouse_contract.arrivals.claims import Claim, ClaimedFile, claim_key, claim_prefix
from lakehouse_contract.arrivals.kinds import STOCK_FILES, Arrivals
from tests.glue_scripts.conftest import folder_lake

HEADER = "date,symbol,open,high,low,close,volume"
TODAY = date(2024, 5, 1)
FIRST_ARRIVAL = datetime(2024, 4, 1, tzinfo=UTC)
Content = bytes | str


@dataclass(frozen=True)
class StockLake:
    folder: Path
    spark: SparkSession
    database: str
    arrivals: Arrivals = STOCK_FILES
    ingest: Callable[[SparkSession, Lake, JobArguments], dict[str, Any]] = ingest_claim

    @property
    def lake(self) -> Lake:
        return folder_lake(self.folder)

    def claim(self, claim: str, files: list[tuple[str, Content]], hour: int = 0, reloads: Collection[str] = ()) -> str:
        """Put files into a claim, a minute apart; the key of its claim.json. `reloads` are to be loaded again."""
        claimed = []
        for minute, (name, content) in enumerate(files):
            raw = content.encode() if isinstance(content, str) else content
            arrived_at = FIRST_ARRIVAL + timedelta(hours=hour, minutes=minute)
            key = f"{claim_prefix(self.arrivals, claim)}{minute:04d}/{name}"
            self.lake.write(key, raw, "text/csv")
            checksum = f"sha256:{hashlib.sha256(raw).hexdigest()}"
            claimed.append(ClaimedFile(name, key, len(raw), checksum, arrived_at, name in reloads, "etag"))
        document = Claim.of(claim, "run", claimed).to_json()
        self.lake.write(claim_key(self.arrivals, claim), document.encode(), "application/json")
        return claim_key(self.arrivals, claim)

    def load(
        self,
        run: str,
        files: list[tuple[str, Content]],
        hour: int = 0,
        share: float = 0.5,
        reloads: Collection[str] = (),
    ) -> dict[str, Any]:
        """The run document of a job run on files that arrive in an hour."""
        return self.ingest_claim(run, self.claim(f"claim-{run}", files, hour, reloads), share)

    def ingest_claim(self, run: str, claim: str, share: float = 0.5) -> dict[str, Any]:
        return self.ingest(self.spark, self.lake, JobArguments(run, "run", self.database, claim, share, TODAY))

    def table(self, name: str) -> str:
        return f"glue_catalog.{self.database}.{name}"

    def java_table(self, name: str) -> Any:
        loader = self.spark._jvm.org.apache.iceberg.spark.Spark3Util
        return loader.loadIcebergTable(self.spark._jsparkSession, self.table(name))

    def publish(self, document: dict[str, Any]) -> None:
        """Move main to the branches of a run, as the pipeline does."""
        for name in document["tables"]:
            table = self.java_table(name)
            table.manageSnapshots().fastForwardBranch("main", f"run_{document['run']}").commit()

    def published(self) -> list[dict[str, Any]]:
        """The rows of stock_prices as everybody sees them."""
        return [row.asDict() for row in self.spark.table(self.table("stock_prices")).collect()]

    def on_branch(self, document: dict[str, Any], name: str) -> DataFrame:
        return self.spark.read.option("branch", f"run_{document['run']}").table(self.table(name))

    def files(self, document: dict[str, Any]) -> list[Path]:
        """The data files that a run wrote for months of stock_prices."""
        data = self.folder / "analytics/stock_prices/data"
        return sorted(
            data.rglob(f"{document['run']}.parquet"), key=lambda path: (path.parts[-3], int(path.parts[-2][6:]))
        )

    def rows(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of the months that a run wrote."""
        return [row for path in self.files(document) for row in pq.read_table(path, partitioning=None).to_pylist()]

    def months(self, document: dict[str, Any]) -> list[tuple[int, int, int]]:
        """Year, month and rows of the files that a run wrote."""
        read = [pq.read_table(path, partitioning=None) for path in self.files(document)]
        return [(table["year"][0].as_py(), table["month"][0].as_py(), table.num_rows) for table in read]

    def rejects(self, document: dict[str, Any]) -> list[tuple[str, int, str]]:
        """File, line and reason of the rejects of a run, in that order."""
        return sorted((row["source_file"], row["line_number"], row["reason"]) for row in self.reject_rows(document))

    def reject_rows(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        rows = self.on_branch(document, "stock_price_rejects").collect()
        return [row.asDict() for row in rows if row["run"] == document["run"]]


def outcome(manifest: dict[str, Any], name: str) -> tuple[str, int, int, int]:
    """Status, rows in, out and rejected of the last file of a name."""
    entry = [entry for entry in manifest["files"] if entry["name"] == name][-1]
    return entry["status"], entry["rows_in"], entry["rows_out"], entry["rows_rejected"]


def reason(manifest: dict[str, Any], name: str) -> str | None:
    return next(entry["reason"] for entry in manifest["files"] if entry["name"] == name)


def csv(*lines: str, header: str = HEADER, end: str = "\n") -> str:
    return "".join(line + end for line in (header, *lines))
