"""Claims: the files that a run takes out of the landing prefix, and what is written down of them.

A claim is a folder, `claimed/<folder>/<claim>/`, of files and of objects that describe it.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from lakehouse_contract.arrivals.files import ArrivingFile, tail
from lakehouse_contract.arrivals.kinds import Arrivals

GZIP_SUFFIX = ".gz"
CLAIM_ID_CHARACTERS = 16
_ATTEMPT = re.compile(r"attempts/([^/]+)\.json")


def claim_id(name: str) -> str:
    """A part of a key: as long whatever the Airflow run, or what else names a claim, is called."""
    return sha256(name.encode()).hexdigest()[:CLAIM_ID_CHARACTERS]


def claim_prefix(arrivals: Arrivals, claim: str) -> str:
    return f"{arrivals.claimed_prefix}{claim}/"


def claim_key(arrivals: Arrivals, claim: str) -> str:
    """Of the description of a claim."""
    return f"{claim_prefix(arrivals, claim)}claim.json"


def suspect_key(arrivals: Arrivals, claim: str) -> str:
    """Of the object that says that a claim is a part of one that failed."""
    return f"{claim_prefix(arrivals, claim)}suspect.json"


def attempt_key(arrivals: Arrivals, claim: str, run: str) -> str:
    """Of the object by which a job run says that it has read a claim and begins with its files."""
    return f"{claim_prefix(arrivals, claim)}attempts/{run}.json"


def no_fault_mark(run: str) -> str:
    """What the error message of a job run holds when its files are not to blame.

    No name of a file can bring it there: it has the run's id.
    """
    return f"[no fault of the files of {run}]"


def claim_of(arrivals: Arrivals, claimed_key: str) -> str:
    """The claim that an object below the claims' prefix belongs to."""
    return claimed_key.removeprefix(arrivals.claimed_prefix).split("/", 1)[0]


def attempting_run(arrivals: Arrivals, claimed_key: str) -> str | None:
    """The job run whose begin an object of a claim records; None for another object."""
    match = _ATTEMPT.fullmatch(tail(arrivals, claimed_key))
    return match[1] if match else None


@dataclass(frozen=True)
class ClaimedFile:
    """A file of a claim; `checksum` identifies its content, `arrived_at` is in UTC.

    A file that `is_reload` is loaded although its content is known.
    """

    name: str
    key: str
    size: int
    checksum: str | None
    arrived_at: datetime
    is_reload: bool = False
    etag: str = ""

    @classmethod
    def of(cls, file: ArrivingFile, checksum: str | None) -> "ClaimedFile":
        return cls(file.name, file.key, file.size, checksum, file.arrived_at, file.is_reload, file.etag)

    def arriving(self, arrivals: Arrivals) -> ArrivingFile:
        return ArrivingFile(arrivals, self.name, self.key, self.size, self.etag, self.arrived_at, self.is_reload)

    @property
    def is_gzip(self) -> bool:
        return self.name.lower().endswith(GZIP_SUFFIX)


@dataclass(frozen=True)
class Claim:
    """The description of a claim: its files, numbered from 1 in the order of their arrival.

    `claimed_at` is its fencing token: what its run wrote is published only while no later claim was made.
    """

    claim_id: str
    run_id: str
    files: dict[int, ClaimedFile]
    claimed_at: str | None = None

    @classmethod
    def of(cls, claim_id: str, run_id: str, files: list[ClaimedFile], claimed_at: str | None = None) -> "Claim":
        """The claim of an Airflow run."""
        in_order = sorted(files, key=lambda file: (file.arrived_at, file.key))
        return cls(claim_id, run_id, dict(enumerate(in_order, start=1)), claimed_at)

    def to_json(self) -> str:
        files = [
            {**file.__dict__, "arrived_at": file.arrived_at.astimezone(UTC).isoformat()} for file in self.files.values()
        ]
        described = {"claim": self.claim_id, "run_id": self.run_id, "claimed_at": self.claimed_at, "files": files}
        return json.dumps(described, indent=2)

    @classmethod
    def from_json(cls, document: str | bytes) -> "Claim":
        content = json.loads(document)
        files = [
            ClaimedFile(**entry | {"arrived_at": datetime.fromisoformat(entry["arrived_at"]).astimezone(UTC)})
            for entry in content["files"]
        ]
        return cls.of(content["claim"], content["run_id"], files, content.get("claimed_at"))
