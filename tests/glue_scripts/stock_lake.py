"""A lake in a folder for the stock job: claims go in, and what a load has written comes out."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
from lakehouse_glue.lake import Lake
from lakehouse_glue.stocks.load import Run, build_load
from pyspark.sql import SparkSession

HEADER = "date,symbol,open,high,low,close,volume"
TODAY = date(2024, 5, 1)
FIRST_ARRIVAL = datetime(2024, 4, 1, tzinfo=UTC)
Content = bytes | str


@dataclass(frozen=True)
class StockLake:
    folder: Path
    spark: SparkSession

    @property
    def lake(self) -> Lake:
        def write(key: str, content: bytes, content_type: str) -> None:
            path = self.folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

        return Lake(self.folder.as_uri(), write, lambda key: (self.folder / key).read_bytes())

    def claim(self, claim: str, files: list[tuple[str, Content]], hour: int = 0, reloads: Collection[str] = ()) -> str:
        """Put files into a claim, a minute apart; the key of its claim.json. `reloads` are to be loaded again."""
        entries = []
        for minute, (name, content) in enumerate(files):
            raw = content.encode() if isinstance(content, str) else content
            arrived_at = FIRST_ARRIVAL + timedelta(hours=hour, minutes=minute)
            key = f"claimed/stocks/{claim}/{minute:04d}/{name}"
            self.lake.write(key, raw, "text/csv")
            entries.append(
                {
                    "name": name,
                    "key": key,
                    "size": len(raw),
                    "etag": "etag",
                    "checksum": f"sha256:{hashlib.sha256(raw).hexdigest()}",
                    "arrived_at": arrived_at.isoformat(),
                    "is_reload": name in reloads,
                }
            )
        key = f"claimed/stocks/{claim}/claim.json"
        self.lake.write(key, json.dumps({"claim": claim, "files": entries}).encode(), "application/json")
        return key

    def load(
        self,
        load: str,
        files: list[tuple[str, Content]],
        hour: int = 0,
        share: float = 0.5,
        reloads: Collection[str] = (),
    ) -> dict[str, Any]:
        """The manifest of a load of files that arrive in an hour."""
        key = self.claim(f"claim-{load}", files, hour, reloads)
        return build_load(self.spark, self.lake, Run(load, "run", key, share, TODAY))

    def commit(self, manifest: dict[str, Any]) -> None:
        """Publish a load as the pipeline does."""
        number = manifest["base_commit"] + 1
        key = f"analytics/_manifests/stock_prices/{manifest['load']}.json"
        partitions = {entry["year"] + "-" + entry["month"]: entry for entry in manifest["partitions"]}
        if number > 1:
            earlier = f"analytics/_commits/stock_prices/{number - 1:08d}.json"
            partitions = json.loads(self.lake.read(earlier))["partitions"] | partitions
        document = {"commit": number, "load": manifest["load"], "partitions": partitions, "manifest": key}
        self.lake.write(f"analytics/_commits/stock_prices/{number:08d}.json", json.dumps(document).encode(), "")

    def rows(self, manifest: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of the partitions of a load."""
        folders = [Path(partition["location"].removeprefix("file://")) for partition in manifest["partitions"]]
        return [row for folder in folders for row in pq.read_table(folder, partitioning=None).to_pylist()]

    def rejects(self, manifest: dict[str, Any]) -> list[tuple[str, int, str]]:
        """File, line and reason of the rejects of a load, in that order."""
        return sorted((row["source_file"], row["line_number"], row["reason"]) for row in self.reject_rows(manifest))

    def reject_rows(self, manifest: dict[str, Any]) -> list[dict[str, Any]]:
        if manifest["rejects"] is None:
            return []
        return ds.dataset(manifest["rejects"]["location"].removeprefix("file://")).to_table().to_pylist()


def outcome(manifest: dict[str, Any], name: str) -> tuple[str, int, int, int]:
    """Status, rows in, out and rejected of the last file of a name."""
    entry = [entry for entry in manifest["files"] if entry["name"] == name][-1]
    return entry["status"], entry["rows_in"], entry["rows_out"], entry["rows_rejected"]


def reason(manifest: dict[str, Any], name: str) -> str | None:
    return next(entry["reason"] for entry in manifest["files"] if entry["name"] == name)


def csv(*lines: str, header: str = HEADER, end: str = "\n") -> str:
    return "".join(line + end for line in (header, *lines))
