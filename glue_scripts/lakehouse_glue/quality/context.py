"""What the suites compare the tables of a run with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FRESHNESS_DAYS = 7
MAX_SHRINK_SHARE = 0.1


@dataclass(frozen=True)
class AuditContext:
    """The run's document, the rows by published table (none before the first publication; of a dimension those that the
    source had), the time of day, and the share of its published rows that a table may lose.
    """

    document: Mapping[str, Any]
    published_rows: Mapping[str, int]
    evaluated_at: datetime
    max_shrink_share: float = MAX_SHRINK_SHARE

    def rows(self, table: str) -> int:
        return self.document["tables"][table]["rows"]

    def kept_rows(self, source: str) -> int:
        counts = self.document["sources"][source]
        return counts["rows"] - counts["rejected_rows"]

    @property
    def fresh_since(self) -> datetime:
        """In local time without a zone, as Spark hands timestamps to Python."""
        return (self.evaluated_at - timedelta(days=FRESHNESS_DAYS)).astimezone().replace(tzinfo=None)
