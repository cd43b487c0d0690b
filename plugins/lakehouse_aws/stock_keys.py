"""Where the files and loads of the arrivals pipeline lie in the lake, and which objects are stock files."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

LANDING_PREFIX = "landing/stocks/"
RELOAD_FOLDER = "_reload/"
CLAIMED_PREFIX = "claimed/stocks/"
PROCESSED_PREFIX = "processed/stocks/"
QUARANTINE_PREFIX = "quarantine/stocks/"
CLAIM_FILE = "claim.json"
SUSPECT_FILE = "suspect.json"
FILE_SUFFIXES = (".csv", ".csv.gz")

LOADS_PREFIX = "analytics/stock_prices/load="
MANIFEST_PREFIX = "analytics/_manifests/stock_prices/"
COMMIT_PREFIX = "analytics/_commits/stock_prices/"
LEDGER_PREFIX = "audit/stock_file_ledger/"
BLOCKED_PREFIX = f"{LEDGER_PREFIX}blocked-"

ARRIVAL_FORMAT = "%Y%m%dT%H%M%S%fZ"
_COMMIT_NAME = re.compile(r"(\d{8})\.json")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_ARRIVAL = re.compile(r"(\d{8}T\d{12}Z)-[^/]*?(-reload)?")
_ATTEMPT = re.compile(r"attempts/([^/]+)\.json")


def is_stock_file(name: str) -> bool:
    """Whether the pipeline loads files of this name; what ends otherwise is a stray in the landing prefix."""
    return name.lower().endswith(FILE_SUFFIXES)


def claim_id(run_id: str) -> str:
    """An Airflow run id as a part of a key."""
    return _UNSAFE.sub("_", run_id)


def claim_prefix(claim: str) -> str:
    return f"{CLAIMED_PREFIX}{claim}/"


def claim_key(claim: str) -> str:
    """Of the description of a claim."""
    return f"{claim_prefix(claim)}{CLAIM_FILE}"


def suspect_key(claim: str) -> str:
    """Of the object that says that a claim is a part of one that failed."""
    return f"{claim_prefix(claim)}{SUSPECT_FILE}"


def claim_of(claimed_key: str) -> str:
    """The claim that an object below the claims' prefix belongs to."""
    return claimed_key.removeprefix(CLAIMED_PREFIX).split("/", 1)[0]


def attempt_key(claim: str, load: str) -> str:
    """Of the object by which a job says that it has read a claim and begins to load it."""
    return f"{claim_prefix(claim)}attempts/{load}.json"


def attempted_load(claimed_key: str) -> str | None:
    """The load whose begin an object of a claim records; None for another object."""
    match = _ATTEMPT.fullmatch(tail(claimed_key))
    return match[1] if match else None


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
    """An object in the landing prefix or in a claim: its name as it arrived, and when that was (UTC).

    A file that is to be loaded although its content is known `is_reload`.
    """

    name: str
    key: str
    size: int
    etag: str
    arrived_at: datetime
    is_reload: bool = False

    @classmethod
    def landed(cls, item: dict[str, Any]) -> "StockFile":
        """From an entry of ListObjectsV2 below the landing prefix.

        What is to be loaded again counts as later than a file of its name that arrives in the same second, which is
        as exactly as S3 tells the time.
        """
        name = item["Key"].removeprefix(LANDING_PREFIX)
        is_reload = name.startswith(RELOAD_FOLDER)
        arrived_at = item["LastModified"] + timedelta(microseconds=is_reload)
        etag = item["ETag"].strip('"')
        return cls(name.removeprefix(RELOAD_FOLDER), item["Key"], item["Size"], etag, arrived_at, is_reload)

    @classmethod
    def claimed(cls, item: dict[str, Any]) -> "StockFile | None":
        """From an entry of ListObjectsV2 below `claimed/stocks/<claim>/`; None for what is no file of the claim."""
        arrival, _, name = tail(item["Key"]).partition("/")
        match = _ARRIVAL.fullmatch(arrival)
        if match is None:
            return None
        arrived_at = datetime.strptime(match[1], ARRIVAL_FORMAT).replace(tzinfo=UTC)
        return cls(name, item["Key"], item["Size"], item["ETag"].strip('"'), arrived_at, match[2] is not None)

    @property
    def arrival(self) -> str:
        """`<time>-<start of the ETag>`, and `-reload`: tells apart what arrives under the same name."""
        time = self.arrived_at.astimezone(UTC).strftime(ARRIVAL_FORMAT)
        return f"{time}-{self.etag[:8]}{'-reload' if self.is_reload else ''}"

    @property
    def tail(self) -> str:
        """Where the file lies in a claim, and then among the processed or quarantined files of a day."""
        return f"{self.arrival}/{self.name}"

    @property
    def ledger_name(self) -> str:
        """Names the ledger's object of a file that no load tells of."""
        return f"{self.arrival}-{sha256(self.name.encode()).hexdigest()[:16]}.json"

    @property
    def blocked_key(self) -> str:
        """Of the ledger's object that says why the file cannot be taken."""
        return f"{BLOCKED_PREFIX}{self.ledger_name}"

    def entry(self) -> dict[str, Any]:
        """What a claim says of the file, but for its checksum."""
        return {
            "name": self.name,
            "key": self.key,
            "size": self.size,
            "etag": self.etag,
            "arrived_at": self.arrived_at.astimezone(UTC).isoformat(),
            "is_reload": self.is_reload,
        }


def tail(claimed_key: str) -> str:
    """`<arrival>/<name>` of a claimed file."""
    return claimed_key.removeprefix(CLAIMED_PREFIX).partition("/")[2]
