"""The claim: the files that one run has taken out of the landing prefix."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake


@dataclass(frozen=True)
class ClaimedFile:
    """A claimed file; `checksum` identifies its content, `arrived_at` is in UTC.

    A file that `is_reload` is loaded although its content is known.
    """

    name: str
    key: str
    size: int
    checksum: str
    arrived_at: datetime
    is_reload: bool = False
    etag: str = ""

    @property
    def is_gzip(self) -> bool:
        return self.name.lower().endswith(".gz")


@dataclass(frozen=True)
class Claim:
    """The files of a claim, numbered from 1 in the order of their arrival."""

    claim_id: str
    files: dict[int, ClaimedFile]


def record_attempt(lake: Lake, claim: Claim, load: str) -> None:
    """Say that a load begins with the files of its claim: if it fails then, it may be by what they hold."""
    lake.write(f"claimed/stocks/{claim.claim_id}/attempts/{load}.json", b"{}", "application/json")


def read_claim(lake: Lake, key: str) -> Claim:
    """The claim whose description lies at a key of the lake."""
    try:
        document = json.loads(lake.read(key))
    except FileNotFoundError:
        raise BadInputError(f"There is no claim at {lake.root}/{key}: pass the key of a claim.json.") from None
    files = [
        ClaimedFile(
            entry["name"],
            entry["key"],
            entry["size"],
            entry["checksum"],
            datetime.fromisoformat(entry["arrived_at"]).astimezone(UTC),
            entry["is_reload"],
            entry["etag"],
        )
        for entry in document["files"]
    ]
    files.sort(key=lambda file: (file.arrived_at, file.key))
    return Claim(document["claim"], dict(enumerate(files, start=1)))
