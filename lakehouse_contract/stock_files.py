"""Stock files: where they lie in the lake on their way, and which objects are such files."""

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
# What S3 refuses to move out of the landing prefix: an object per file says why, and when that was tried last.
BLOCKED_PREFIX = "audit/blocked_stock_files/"
FILE_SUFFIXES = (".csv", ".csv.gz")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MOST_KEY_BYTES = 1024
# The key of a reason in quarantine has the most around a name, more than a landed file's: a longer name can land.
MOST_NAME_BYTES = MOST_KEY_BYTES - len(
    f"{QUARANTINE_PREFIX}2026-11-20/20261120T120000000000Z-01234567-reload/.reason.txt"
)
# A file system, such as the local endpoint's, has names of 255 bytes.
KEPT_CHARACTERS = 50

ARRIVAL_FORMAT = "%Y%m%dT%H%M%S%fZ"
_ARRIVAL = re.compile(r"(\d{8}T\d{12}Z)-[^/]*?(-reload)?")


def is_stock_file(name: str) -> bool:
    """Whether the pipeline loads files of this name; another one is a stray in the landing prefix."""
    return name.lower().endswith(FILE_SUFFIXES) and fits(name)


def fits(name: str) -> bool:
    """Whether a key is long enough for a name wherever the pipeline moves its file."""
    return len(name.encode()) <= MOST_NAME_BYTES


def fitting_name(name: str) -> str:
    """The name, or its hash and its end where it does not fit."""
    if fits(name):
        return name
    return f"{sha256(name.encode()).hexdigest()[:16]}-{name.rpartition('/')[2][-KEPT_CHARACTERS:]}"


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
        return f"{self.arrival}/{fitting_name(self.name)}"

    @property
    def note_name(self) -> str:
        """Names the objects that say something of the file and do not lie beside it."""
        return f"{self.arrival}-{sha256(self.name.encode()).hexdigest()[:16]}.json"

    @property
    def blocked_key(self) -> str:
        """Of the object that says why the file cannot be taken."""
        return f"{BLOCKED_PREFIX}{self.note_name}"


def tail(claimed_key: str) -> str:
    """`<arrival>/<name>` of a claimed file."""
    return claimed_key.removeprefix(CLAIMED_PREFIX).partition("/")[2]


def reason_key(key: str) -> str:
    """Of the object that says why a file is in quarantine."""
    return f"{key}.reason.txt"
