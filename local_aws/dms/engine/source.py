"""What every source offers to the load."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from local_aws.dms.engine.conversion import Losses


class SourceError(Exception):
    """The source cannot be reached or refuses the reader: the whole run fails with this message."""


@dataclass(frozen=True)
class SourceTable:
    schema: str
    name: str
    estimated_rows: int


class Source(Protocol):
    def tables(self) -> list[SourceTable]:
        """Every table that the reader could load."""

    def partitions(self, table: SourceTable) -> list[Any]:
        """Disjoint parts of the table, for `read`, that together are the table; read in parallel."""

    def read(self, table: SourceTable, partition: Any, losses: Losses) -> Iterator[pa.RecordBatch]:
        """The rows of a part in the target's types. Every part of a table has the same schema."""

    def close(self) -> None:
        """Give up the connections that outlive a table."""
