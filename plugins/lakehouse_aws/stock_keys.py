"""Where the files and loads of the arrivals pipeline lie in the lake."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LANDING_PREFIX = "landing/stocks/"
CLAIMED_PREFIX = "claimed/stocks/"
PROCESSED_PREFIX = "processed/stocks/"
QUARANTINE_PREFIX = "quarantine/stocks/"
CLAIM_FILE = "claim.json"
FILE_SUFFIXES = (".csv", ".csv.gz")

LOADS_PREFIX = "analytics/stock_prices/load="
MANIFEST_PREFIX = "analytics/_manifests/stock_prices/"
COMMIT_PREFIX = "analytics/_commits/stock_prices/"
LEDGER_PREFIX = "audit/stock_file_ledger/"
REDSHIFT_POINTER_KEY = f"{COMMIT_PREFIX}redshift.json"

ARRIVAL_FORMAT = "%Y%m%dT%H%M%S%fZ"
_COMMIT_NAME = re.compile(r"(\d{8})\.json")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def claim_id(run_id: str) -> str:
    """An Airflow run id as a part of a key."""
    return _UNSAFE.sub("_", run_id)


def claim_prefix(claim: str) -> str:
    return f"{CLAIMED_PREFIX}{claim}/"


def load_manifest_key(load: str) -> str:
    return f"{MANIFEST_PREFIX}{load}.json"


def load_folder(key: str) -> str:
    """The folder of an object of the table: a load's id, or that with what the job appends for its further attempts."""
    return key.removeprefix(LOADS_PREFIX).split("/", 1)[0]


def commit_key(number: int) -> str:
    return f"{COMMIT_PREFIX}{number:08d}.json"


def commit_number(key: str) -> int | None:
    """Number of the commit that lies at a key; None for another object."""
    match = _COMMIT_NAME.fullmatch(key.removeprefix(COMMIT_PREFIX))
    return int(match[1]) if match else None


def redshift_manifest_key(number: int) -> str:
    return f"{MANIFEST_PREFIX}redshift-{number:08d}.json"


@dataclass(frozen=True)
class StockFile:
    """An object in the landing prefix or in a claim: its name as it arrived, and when that was (UTC)."""

    name: str
    key: str
    size: int
    etag: str
    arrived_at: datetime

    @classmethod
    def landed(cls, item: dict[str, Any]) -> "StockFile":
        """From an entry of ListObjectsV2 below the landing prefix."""
        key = item["Key"]
        return cls(key.removeprefix(LANDING_PREFIX), key, item["Size"], item["ETag"].strip('"'), item["LastModified"])

    @classmethod
    def claimed(cls, item: dict[str, Any]) -> "StockFile":
        """From an entry of ListObjectsV2 below `claimed/stocks/<claim>/`."""
        key = item["Key"]
        arrival, name = tail(key).split("/", 1)
        arrived_at = datetime.strptime(arrival.rpartition("-")[0], ARRIVAL_FORMAT).replace(tzinfo=UTC)
        return cls(name, key, item["Size"], item["ETag"].strip('"'), arrived_at)

    @property
    def arrival(self) -> str:
        """`<time>-<start of the ETag>`: tells apart what arrives under the same name."""
        return f"{self.arrived_at.astimezone(UTC).strftime(ARRIVAL_FORMAT)}-{self.etag[:8]}"

    def entry(self) -> dict[str, Any]:
        """What a claim says of the file."""
        return {
            "name": self.name,
            "key": self.key,
            "size": self.size,
            "etag": self.etag,
            "arrived_at": self.arrived_at.astimezone(UTC).isoformat(),
        }


def tail(claimed_key: str) -> str:
    """`<arrival>/<name>` of a claimed file."""
    return claimed_key.removeprefix(CLAIMED_PREFIX).split("/", 1)[1]
