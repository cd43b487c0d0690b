"""Capacity units: what requests consume, and what a provisioned table gives (developer guide, Read/write capacity)."""

import math
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from local_aws.dynamodb.tables import Table, Throughput
from local_aws.token_buckets import TokenBucket

WRITE_UNIT_BYTES, READ_UNIT_BYTES = 1 << 10, 4 << 10
# Unused capacity of so many seconds is kept for bursts.
BURST_SECONDS = 300


def write_units(size: int) -> float:
    return max(math.ceil(size / WRITE_UNIT_BYTES), 1)


def read_units(size: int, *, is_consistent: bool) -> float:
    return max(math.ceil(size / READ_UNIT_BYTES), 1) * (1 if is_consistent else 0.5)


@dataclass
class Consumption:
    """Units that a request has consumed, by table, of the table itself and of its indexes."""

    factor: int = 1
    tables: defaultdict[str, defaultdict[str | None, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )
    kinds: dict[tuple[str, str], bool] = field(default_factory=dict)

    def add(self, table: Table, units: float, index: str | None = None) -> None:
        self.tables[table.name][index] += units * self.factor
        if index:
            self.kinds[table.name, index] = table.indexes_by_name[index].is_global

    def descriptions(self, detail: str | None) -> list[dict[str, Any]]:
        """The ConsumedCapacity of each table, for a ReturnConsumedCapacity of TOTAL or INDEXES."""
        if detail in (None, "NONE"):
            return []
        return [self._description(name, units, str(detail)) for name, units in self.tables.items()]

    def _description(self, name: str, units: dict[str | None, float], detail: str) -> dict[str, Any]:
        described: dict[str, Any] = {"TableName": name, "CapacityUnits": sum(units.values())}
        if detail == "INDEXES":
            described["Table"] = {"CapacityUnits": units.get(None, 0)}
            for index, consumed in units.items():
                if index:
                    kind = "GlobalSecondaryIndexes" if self.kinds[name, index] else "LocalSecondaryIndexes"
                    described.setdefault(kind, {})[index] = {"CapacityUnits": consumed}
        return described


class ProvisionedCapacity:
    """What the tables with provisioned throughput still give at this moment."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[int, int | None, str], TokenBucket] = {}
        self._lock = threading.Lock()

    def takes(self, table: Table, kind: str, units: float, index: str | None = None) -> bool:
        """Whether a table, or its index, gives units of a kind (`read`, `write`), which then count.

        A local index has the capacity of its table.
        """
        found = table.indexes_by_name[index] if index else None
        if found is not None and not found.is_global:
            found = None
        throughput = found.throughput if found else table.throughput
        if throughput is None:
            return True
        with self._lock:
            bucket = self._bucket((table.number, found.number if found else None, kind), throughput, kind)
            is_given = bucket.has(min(units, 1))
            if is_given:
                bucket.take(units)
            return is_given

    def _bucket(self, place: tuple[int, int | None, str], throughput: Throughput, kind: str) -> TokenBucket:
        rate = throughput.read if kind == "read" else throughput.write
        bucket = self._buckets.get(place)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[place] = TokenBucket(rate, rate * BURST_SECONDS)
            # Nothing has been left unused yet.
            bucket.take(rate * (BURST_SECONDS - 1))
        return bucket
