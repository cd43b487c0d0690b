"""Claims and loads as the arrivals pipeline has them between its tasks."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from lakehouse_aws.hooks.redshift_stocks import RedshiftStocksHook
from lakehouse_aws.hooks.stock_claims import StockClaimsHook

ALL_SETTLED = timedelta(days=1)
MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC).isoformat()


class StockLake:
    """A lake with a catalog, and what a Glue job would leave in it."""

    def __init__(self, s3: Any, glue: Any, bucket: str, database: str, put_parquet: Any) -> None:
        self.s3, self.glue, self.bucket, self.database, self.put_parquet = s3, glue, bucket, database, put_parquet
        self.job = f"job-{database}"
        self.files = StockClaimsHook(job_name=self.job)
        self.table = RedshiftStocksHook(bucket=bucket, database=database)

    def drop(self, name: str, content: bytes = b"x") -> None:
        self.s3.put_object(Bucket=self.bucket, Key=f"landing/stocks/{name}", Body=content)

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
        self, load: str, claim: str, files: list[dict[str, Any]], months: list[str], base: int, folder: str = ""
    ) -> None:
        """What the Glue job writes: a partition per month, the manifest last. Every file has three rows, one bad."""
        partitions = []
        for month in months:
            prefix = f"analytics/stock_prices/load={folder or load}/year=2026/month={month}/"
            self.put_parquet(f"{prefix}part-0.parquet", pa.table({"symbol": ["A", "B"]}))
            location = f"s3://{self.bucket}/{prefix}"
            partitions.append({"year": "2026", "month": month, "location": location, "rows": 2})
        counts = {"rows_in": 3, "rows_out": 2, "rows_rejected": 1, "rows_superseded": 0}
        counts |= {"months": [f"2026-{month}" for month in months]}
        outcomes = [{"status": "loaded", "reason": None, **counts, **file} for file in files]
        manifest = {
            "load": load,
            "run_id": f"run of {load}",
            "claim": claim,
            "base_commit": base,
            "started_at": MOMENT,
            "finished_at": MOMENT,
            "files": outcomes,
            "partitions": partitions,
            "rejects": {"location": f"s3://{self.bucket}/analytics/stock_price_rejects/load={load}/", "rows": 1},
        }
        key = f"analytics/_manifests/stock_prices/{load}.json"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=json.dumps(manifest).encode())

    def ledger(self) -> list[dict[str, Any]]:
        return [
            json.loads(line) for key in self.keys("audit/stock_file_ledger/") for line in self.content(key).splitlines()
        ]

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

    def partitions(self, table: str) -> dict[tuple[str, ...], str]:
        found = self.glue.get_partitions(DatabaseName=self.database, TableName=table)["Partitions"]
        return {tuple(entry["Values"]): entry["StorageDescriptor"]["Location"] for entry in found}
