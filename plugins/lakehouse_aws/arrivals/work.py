"""Whether there is something for an arrivals pipeline to do."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lakehouse_contract.arrivals.claims import attempting_run, claim_key, claim_of, suspect_key
from lakehouse_contract.arrivals.files import ArrivingFile
from lakehouse_contract.arrivals.kinds import Arrivals

BLOCKED_PAUSE = timedelta(hours=1)
LONGEST_CLAIM_PAUSE = timedelta(minutes=10)
# A run tells the ledger at its end; what is older was left by one that was killed.
UNTOLD_PAUSE = timedelta(minutes=10)

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Patience:
    """How long a file of the landing prefix has to be unchanged, in seconds, before a run takes it or puts it aside.

    `stray_seconds` is for what cannot be loaded by its name.
    """

    settle_seconds: float
    stray_seconds: float

    def is_due(self, file: ArrivingFile, now: datetime) -> bool:
        patience = self.settle_seconds if file.arrivals.takes(file.name) else self.stray_seconds
        return file.arrived_at <= now - timedelta(seconds=patience)


@dataclass
class _Claim:
    """What lies in a claim: its files, when it was described, whether it is a part of one that failed, and when a job
    last began with it.
    """

    arrivals: Arrivals
    files: list[ArrivingFile] = field(default_factory=list)
    described_at: datetime | None = None
    is_suspect: bool = False
    attempted_at: datetime | None = None

    def add(self, item: Item) -> None:
        key, moment = item["Key"], item["LastModified"]
        if file := ArrivingFile.claimed(self.arrivals, item):
            self.files.append(file)
        elif attempting_run(self.arrivals, key):
            self.attempted_at = max(moment, self.attempted_at or moment)
        elif key == claim_key(self.arrivals, claim_of(self.arrivals, key)):
            self.described_at = moment
        else:
            self.is_suspect |= key == suspect_key(self.arrivals, claim_of(self.arrivals, key))

    def due_key(self, blocked_at: Mapping[str, datetime], now: datetime) -> str | None:
        waiting = [file for file in self.files if not is_blocked(file, blocked_at, now)]
        if not waiting:
            return None
        file = max(waiting, key=lambda one: one.arrived_at)
        is_paused = False
        if self.described_at and not self._is_failed_part(self.described_at):
            pause = min(self.described_at - file.arrived_at, LONGEST_CLAIM_PAUSE)
            is_paused = now < self.described_at + pause
        return None if is_paused else file.key

    def _is_failed_part(self, described_at: datetime) -> bool:
        return self.is_suspect and self.attempted_at is not None and self.attempted_at >= described_at


def is_blocked(file: ArrivingFile, blocked_at: Mapping[str, datetime], now: datetime) -> bool:
    """Whether S3 has refused to move the file so lately that it is not tried again."""
    attempted_at = blocked_at.get(file.blocked_key)
    return attempted_at is not None and now < attempted_at + (attempted_at - file.arrived_at) + BLOCKED_PAUSE


def prefixes_of(arrivals: Arrivals) -> tuple[str, ...]:
    """Below which work may be found."""
    return arrivals.landing_prefix, arrivals.claimed_prefix, arrivals.blocked_prefix, arrivals.untold_prefix


def find_work(arrivals: Arrivals, items: Iterable[Item], patience: Patience, now: datetime) -> str | None:
    """The key of a file that waits for a run, or of what the ledger was not told of; None when none does.

    `items` are the entries of ListObjectsV2 below the kind's prefixes. A file that S3 refuses to move is tried again
    when as much time has passed since the last attempt as between its arrival and that, and an hour, so ever more
    rarely. So is a claim that a run described and did not finish, whether it was killed or each run fails: soon for a
    file that had just arrived, and every LONGEST_CLAIM_PAUSE at least. The parts of a claim that failed are searched
    without a pause.
    """
    landed = []
    blocked_at: dict[str, datetime] = {}
    claims: dict[str, _Claim] = defaultdict(lambda: _Claim(arrivals))
    for item in items:
        key = item["Key"]
        if key.startswith(arrivals.claimed_prefix):
            claims[claim_of(arrivals, key)].add(item)
        elif key.startswith(arrivals.landing_prefix) and not key.endswith("/"):
            landed.append(ArrivingFile.landed(arrivals, item))
        elif key.startswith(arrivals.blocked_prefix):
            blocked_at[key] = item["LastModified"]
        elif key.startswith(arrivals.untold_prefix) and item["LastModified"] < now - UNTOLD_PAUSE:
            return key
    for claim in claims.values():
        if key := claim.due_key(blocked_at, now):
            return key
    for file in landed:
        if patience.is_due(file, now) and not is_blocked(file, blocked_at, now):
            return file.key
    return None
