"""Whether there is something for the arrivals pipeline to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lakehouse_aws.stock_keys import BLOCKED_PREFIX, CLAIMED_PREFIX, LANDING_PREFIX, StockFile, is_stock_file

PREFIXES = (LANDING_PREFIX, CLAIMED_PREFIX, BLOCKED_PREFIX)
BLOCKED_PAUSE = timedelta(hours=1)

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Patience:
    """How long a file of the landing prefix has to be unchanged, in seconds, before a run takes it or puts it aside.

    `stray_seconds` is for what is no stock file by its name.
    """

    settle_seconds: float
    stray_seconds: float

    def is_due(self, file: StockFile, now: datetime) -> bool:
        patience = self.settle_seconds if is_stock_file(file.name) else self.stray_seconds
        return file.arrived_at <= now - timedelta(seconds=patience)


def find_work(items: Iterable[Item], patience: Patience, now: datetime) -> str | None:
    """The key of a file that waits for a run; None when none does.

    `items` are the entries of ListObjectsV2 below PREFIXES. A file that S3 refuses to move is tried again when as much
    time has passed since the last attempt as between its arrival and that, and an hour, so ever more rarely.
    """
    landed = []
    blocked_at: dict[str, datetime] = {}
    for item in items:
        key = item["Key"]
        if key.startswith(CLAIMED_PREFIX) and StockFile.claimed(item):
            return key
        if key.startswith(LANDING_PREFIX) and not key.endswith("/"):
            landed.append(StockFile.landed(item))
        elif key.startswith(BLOCKED_PREFIX):
            blocked_at[key] = item["LastModified"]
    for file in landed:
        attempted_at = blocked_at.get(file.blocked_key)
        is_paused = attempted_at and now < attempted_at + (attempted_at - file.arrived_at) + BLOCKED_PAUSE
        if patience.is_due(file, now) and not is_paused:
            return file.key
    return None
