"""The claim: the files that one run has taken out of the landing prefix."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake


@dataclass(frozen=True)
class ClaimedFile:
    """A claimed file; `etag` is the MD5 of its content, `arrived_at` is in UTC."""

    name: str
    key: str
    size: int
    etag: str
    arrived_at: datetime

    @property
    def content(self) -> tuple[str, int]:
        """What identifies the content."""
        return self.etag, self.size

    @property
    def is_gzip(self) -> bool:
        return self.name.lower().endswith(".gz")


@dataclass(frozen=True)
class Claim:
    """The files of a claim, numbered from 1 in the order of their arrival."""

    claim_id: str
    files: dict[int, ClaimedFile]


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
            entry["etag"].strip('"'),
            datetime.fromisoformat(entry["arrived_at"]).astimezone(UTC),
        )
        for entry in document["files"]
    ]
    files.sort(key=lambda file: (file.arrived_at, file.key))
    return Claim(document["claim"], dict(enumerate(files, start=1)))
