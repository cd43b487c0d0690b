"""A file that arrives: what tells it from others, and its keys on its way through the lake."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from lakehouse_contract.arrivals.kinds import RELOAD_FOLDER, Arrivals

# A file system, such as the local endpoint's, has names of 255 bytes.
KEPT_CHARACTERS = 50

ARRIVAL_FORMAT = "%Y%m%dT%H%M%S%fZ"
_ARRIVAL = re.compile(r"(\d{8}T\d{12}Z)-[^/]*?(-reload)?")


@dataclass(frozen=True)
class ArrivingFile:
    """An object in the landing prefix or in a claim: its name as it arrived, and when that was (UTC).

    A file that is to be loaded although its content is known `is_reload`.
    """

    arrivals: Arrivals
    name: str
    key: str
    size: int
    etag: str
    arrived_at: datetime
    is_reload: bool = False

    @classmethod
    def landed(cls, arrivals: Arrivals, item: dict[str, Any]) -> "ArrivingFile":
        """From an entry of ListObjectsV2 below the landing prefix.

        What is to be loaded again counts as later than a file of its name that arrives in the same second, which is
        as exactly as S3 tells the time.
        """
        name = item["Key"].removeprefix(arrivals.landing_prefix)
        is_reload = name.startswith(RELOAD_FOLDER)
        arrived_at = item["LastModified"] + timedelta(microseconds=is_reload)
        etag = item["ETag"].strip('"')
        return cls(arrivals, name.removeprefix(RELOAD_FOLDER), item["Key"], item["Size"], etag, arrived_at, is_reload)

    @classmethod
    def claimed(cls, arrivals: Arrivals, item: dict[str, Any]) -> "ArrivingFile | None":
        """From an entry of ListObjectsV2 below a claim; None for what is no file of the claim."""
        arrival, _, name = tail(arrivals, item["Key"]).partition("/")
        match = _ARRIVAL.fullmatch(arrival)
        if match is None:
            return None
        arrived_at = datetime.strptime(match[1], ARRIVAL_FORMAT).replace(tzinfo=UTC)
        etag = item["ETag"].strip('"')
        return cls(arrivals, name, item["Key"], item["Size"], etag, arrived_at, match[2] is not None)

    @property
    def arrival(self) -> str:
        """`<time>-<start of the ETag>`, and `-reload`: tells apart what arrives under the same name."""
        time = self.arrived_at.astimezone(UTC).strftime(ARRIVAL_FORMAT)
        return f"{time}-{self.etag[:8]}{'-reload' if self.is_reload else ''}"

    @property
    def tail(self) -> str:
        """Where the file lies in a claim, and then among the processed or quarantined files of a day."""
        return f"{self.arrival}/{fitting_name(self.arrivals, self.name)}"

    @property
    def note_name(self) -> str:
        """Names the objects that say something of the file and do not lie beside it."""
        return f"{self.arrival}-{sha256(self.name.encode()).hexdigest()[:16]}.json"

    @property
    def blocked_key(self) -> str:
        """Of the object that says why the file cannot be taken."""
        return f"{self.arrivals.blocked_prefix}{self.note_name}"


def fitting_name(arrivals: Arrivals, name: str) -> str:
    """The name, or its hash and its end where it does not fit."""
    if arrivals.fits(name):
        return name
    return f"{sha256(name.encode()).hexdigest()[:16]}-{name.rpartition('/')[2][-KEPT_CHARACTERS:]}"


def tail(arrivals: Arrivals, claimed_key: str) -> str:
    """`<arrival>/<name>` of a claimed file."""
    return claimed_key.removeprefix(arrivals.claimed_prefix).partition("/")[2]


def reason_key(key: str) -> str:
    """Of the object that says why a file is in quarantine."""
    return f"{key}.reason.txt"
