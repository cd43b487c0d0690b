"""What the suites compare a snapshot with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FRESHNESS_DAYS = 7
MAX_SHRINK_SHARE = 0.1


@dataclass(frozen=True)
class AuditContext:
    """The snapshot's manifest, that of the published one (None before the first publication), the time of day, and the
    share of its published rows that a table may lose.
    """

    manifest: Mapping[str, Any]
    published: Mapping[str, Any] | None
    evaluated_at: datetime
    max_shrink_share: float = MAX_SHRINK_SHARE

    def rows(self, table: str) -> int:
        return self.manifest["tables"][table]["rows"]

    def published_rows(self, table: str) -> int | None:
        return self.published["tables"][table]["rows"] if self.published else None

    def kept_rows(self, source: str) -> int:
        counts = self.manifest["sources"][source]
        return counts["rows"] - counts["rejected_rows"]

    @property
    def fresh_since(self) -> datetime:
        """In local time without a zone, as Spark hands timestamps to Python."""
        return (self.evaluated_at - timedelta(days=FRESHNESS_DAYS)).astimezone().replace(tzinfo=None)
