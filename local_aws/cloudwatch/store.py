"""The data points of all metrics: an SQLite database, to which a request writes what it brought.

Data points are kept as CloudWatch keeps them: for 3 hours those of a second, for 15 days those of a minute, for 63 days
those of five minutes, for 455 days those of an hour; older ones go into the next longer period (CloudWatch user guide,
Metrics retention).
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from local_aws.settings import endpoint_settings

SECONDS_PER_DAY = 86_400
MINUTE = 60
# Up to which age, in seconds, data points of a period, in seconds, are kept.
RETENTION = ((1, 3 * 3600), (MINUTE, 15 * SECONDS_PER_DAY), (300, 63 * SECONDS_PER_DAY), (3600, 455 * SECONDS_PER_DAY))

CREATE = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    dimensions TEXT NOT NULL, last_at INTEGER NOT NULL, UNIQUE (account, region, namespace, name, dimensions)
);
CREATE TABLE IF NOT EXISTS points (
    series INTEGER NOT NULL, at INTEGER NOT NULL, unit TEXT NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL,
    total REAL NOT NULL, sample_count REAL NOT NULL, period INTEGER NOT NULL,
    PRIMARY KEY (series, at, unit, minimum, maximum, period)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS points_by_age ON points (period, at);
"""
PUT_SERIES = """
INSERT INTO series (account, region, namespace, name, dimensions, last_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET last_at = MAX(last_at, excluded.last_at) RETURNING id
"""
FIND_SERIES = "SELECT id FROM series WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?"
PUT_POINT = """
INSERT INTO points (series, at, unit, minimum, maximum, total, sample_count, period) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET total = total + excluded.total, sample_count = sample_count + excluded.sample_count
"""
SELECT_POINTS = """
SELECT (at - :start) / :period, unit, minimum, maximum, SUM(total), SUM(sample_count) FROM points
WHERE series = :series AND at >= :start AND at < :end GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3
"""
LENGTHEN = """
INSERT INTO points (series, at, unit, minimum, maximum, total, sample_count, period)
SELECT series, at - at % :longer, unit, minimum, maximum, SUM(total), SUM(sample_count), :longer FROM points
WHERE period = :period AND at < :before GROUP BY 1, 2, 3, 4, 5
ON CONFLICT DO UPDATE SET total = total + excluded.total, sample_count = sample_count + excluded.sample_count
"""

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """A metric: the same name with other dimensions is another one. `dimensions` are in the order of their names."""

    account_id: str
    region_name: str
    namespace: str
    name: str
    dimensions: Dimensions = ()


@dataclass(frozen=True)
class Point:
    """Values of one moment: `minimum` and `maximum` are equal unless it is a statistic set.

    `at` is in seconds since the epoch, `period` in seconds.
    """

    at: int
    unit: str
    minimum: float
    maximum: float
    total: float
    sample_count: float
    period: int = MINUTE


class MetricStore:
    """What was put is on disk when `put` returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(CREATE)

    def put(self, points: Iterable[tuple[Series, Point]]) -> None:
        with self._lock, self._connection as connection:
            for series, point in points:
                (number,) = connection.execute(PUT_SERIES, (*_key(series), point.at)).fetchone()
                at = point.at - point.at % point.period
                values = (point.minimum, point.maximum, point.total, point.sample_count)
                connection.execute(PUT_POINT, (number, at, point.unit, *values, point.period))

    def read(self, series: Series, start: int, end: int, period: int) -> list[Point]:
        """What the moments from start on and before end hold, by period, unit and value.

        `at` of a point is the beginning of its period, counted from start.
        """
        with self._lock:
            found = self._connection.execute(FIND_SERIES, _key(series)).fetchone()
            if found is None:
                return []
            window = {"series": found[0], "start": start, "end": end, "period": period}
            rows = self._connection.execute(SELECT_POINTS, window).fetchall()
        return [Point(start + index * period, *values, period) for index, *values in rows]

    def series(self, account_id: str, region_name: str, seen_since: int = 0) -> list[Series]:
        """The metrics that have had a data point since then, in the order of their names."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT account, region, namespace, name, dimensions FROM series"
                " WHERE account = ? AND region = ? AND last_at >= ? ORDER BY namespace, name, dimensions",
                (account_id, region_name, seen_since),
            ).fetchall()
        return [Series(*names, tuple(map(tuple, json.loads(dimensions)))) for *names, dimensions in rows]

    def age(self, now: float | None = None) -> None:
        """Bring old data points into longer periods, and let go of the oldest."""
        now = int(now or time.time())
        with self._lock, self._connection as connection:
            for (period, seconds), (longer, _) in pairwise(RETENTION):
                # Whole periods only: what follows later in the same one would find it closed.
                before = (now - seconds) // longer * longer
                connection.execute(LENGTHEN, {"period": period, "longer": longer, "before": before})
                connection.execute("DELETE FROM points WHERE period = ? AND at < ?", (period, before))
            oldest = now - RETENTION[-1][1]
            connection.execute("DELETE FROM points WHERE at < ?", (oldest,))
            connection.execute("DELETE FROM series WHERE last_at < ?", (oldest,))


def _key(series: Series) -> tuple[str, ...]:
    dimensions = json.dumps(sorted(series.dimensions), separators=(",", ":"))
    return series.account_id, series.region_name, series.namespace, series.name, dimensions


@cache
def metric_store() -> MetricStore:
    """The store of this endpoint."""
    return MetricStore(endpoint_settings().state_directory / "metrics.sqlite")
