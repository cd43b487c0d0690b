"""The DynamoDB backend: tables, and the changes and reads of their items."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from moto.core.resource_tagging import TaggedResource
from moto.dynamodb.models import DynamoDBBackend
from moto.utilities.utils import get_partition

from local_aws.cloudwatch.metrics import put_metric
from local_aws.dynamodb.capacity import Consumption, ProvisionedCapacity, read_units
from local_aws.dynamodb.exceptions import ProvisionedThroughputExceededException
from local_aws.dynamodb.exports import fail_interrupted
from local_aws.dynamodb.keys import Place
from local_aws.dynamodb.reads import Page, Reading, read_page
from local_aws.dynamodb.store import StoredItem, TableStore
from local_aws.dynamodb.stream_log import RETENTION_SECONDS
from local_aws.dynamodb.tables import Table
from local_aws.dynamodb.time_to_live import expired_between
from local_aws.dynamodb.writes import ItemWriter
from local_aws.settings import endpoint_settings

log = logging.getLogger(__name__)

Result = TypeVar("Result")
# How long a transaction's token stands for it (API reference, TransactWriteItems).
TOKEN_SECONDS = 600
EXPIRED_TOGETHER = 500


class LocalDynamoDbBackend(DynamoDBBackend):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        directory = endpoint_settings().data_directory / "dynamodb"
        self.store = TableStore(directory / f"{account_id}_{region_name}.sqlite")
        self.store.database.change(fail_interrupted)
        self.capacity = ProvisionedCapacity()
        threading.Thread(target=self._sweep_for_ever, name="dynamodb-expiry", daemon=True).start()

    def arn_of(self, kind_and_name: str) -> str:
        partition = get_partition(self.region_name)
        return f"arn:{partition}:dynamodb:{self.region_name}:{self.account_id}:{kind_and_name}"

    def table(self, name_or_arn: str) -> Table:
        """Not to be changed. Raises ResourceNotFoundException."""
        return self.store.table(self.store.database.reader(), name_or_arn.rpartition("/")[2])

    def count(self, metric: str, table_name: str, operation: str | None = None, value: float = 1) -> None:
        """Count for CloudWatch; a metric of an operation has it as a dimension."""
        dimensions = {"TableName": table_name} | ({"Operation": operation} if operation else {})
        unit = "Milliseconds" if metric.endswith("Latency") else "Count"
        put_metric("AWS/DynamoDB", metric, value, unit, dimensions, region_name=self.region_name)

    def count_user_error(self) -> None:
        """A refused request counts for the whole region."""
        put_metric("AWS/DynamoDB", "UserErrors", 1, "Count", {}, region_name=self.region_name)

    def _count_units(self, metric: str, consumption: Consumption) -> None:
        for table_name, units in consumption.tables.items():
            self.count(metric, table_name, value=sum(units.values()))

    def change_items(self, change: Callable[[ItemWriter], Result], consumption: Consumption) -> Result:
        """Make writes as one change: whole or not there, and on disk when this returns."""

        def change_with(connection: sqlite3.Connection) -> Result:
            self.store.log.begin(connection)
            writer = ItemWriter(connection, self.store, self.capacity, consumption)
            result = change(writer)
            writer.finish()
            return result

        result = self.store.database.change(change_with)
        self.store.announce()
        self._count_units("ConsumedWriteCapacityUnits", consumption)
        return result

    def find(
        self,
        connection: sqlite3.Connection,
        table: Table,
        place: Place,
        consumption: Consumption,
        *,
        is_consistent: bool,
    ) -> StoredItem | None:
        """Raises ProvisionedThroughputExceededException."""
        found = self.store.find(connection, table, place)
        units = read_units(found.size if found else 0, is_consistent=is_consistent)
        self._take_read(table, units, None, consumption)
        return found

    def _take_read(self, table: Table, units: float, index: str | None, consumption: Consumption) -> None:
        if not self.capacity.takes(table, "read", units * consumption.factor, index):
            raise ProvisionedThroughputExceededException
        consumption.add(table, units, index)
        self.count("ConsumedReadCapacityUnits", table.name, value=units * consumption.factor)

    def read(self, reading: Reading, consumption: Consumption, *, is_consistent: bool) -> Page:
        """Raises ProvisionedThroughputExceededException."""
        page = read_page(self.store.database.reader(), reading)
        index = reading.index.name if reading.index else None
        self._take_read(reading.table, read_units(page.size, is_consistent=is_consistent), index, consumption)
        return page

    def _sweep_for_ever(self) -> None:
        while True:
            time.sleep(endpoint_settings().time_to_live_interval_seconds)
            try:
                self.sweep()
            except Exception:
                log.exception("Expired items could not be deleted; it is tried again.")

    def sweep(self) -> None:
        """Delete what has expired: items, records of streams, streams that ended, tokens of transactions."""
        for name in self.store.names():
            while self._delete_expired(name) == EXPIRED_TOGETHER:
                pass
        now = time.time()

        def forget(connection: sqlite3.Connection) -> None:
            oldest = int((now - RETENTION_SECONDS) * 1_000_000)
            for (stream,) in connection.execute("SELECT stream FROM streams").fetchall():
                connection.execute("DELETE FROM stream_records WHERE stream = ? AND number < ?", (stream, oldest))
            connection.execute("DELETE FROM streams WHERE ended_at < ?", (now - RETENTION_SECONDS,))
            connection.execute("DELETE FROM transactions WHERE made_at < ?", (now - TOKEN_SECONDS,))

        self.store.database.change(forget)

    def _delete_expired(self, name: str) -> int:
        """Delete some of a table's expired items as the service does; how many."""
        if self.table(name).expiry_attribute is None:
            return 0

        def delete(writer: ItemWriter) -> int:
            table = self.store.table(writer.connection, name)
            query = (
                f"SELECT partition, sort FROM items_{table.number}"  # noqa: S608 - a number
                " WHERE expires_at BETWEEN ? AND ? LIMIT ?"
            )
            places = writer.connection.execute(query, (*expired_between(), EXPIRED_TOGETHER)).fetchall()
            for place in places:
                writer.delete_as_service(table, place)
            return len(places)

        deleted = self.change_items(delete, Consumption())
        if deleted:
            self.count("TimeToLiveDeletedItemCount", name, value=deleted)
        return deleted

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for name in self.store.names():
            table = self.table(name)
            yield TaggedResource(arn=table.arn, tags=table.tags, resource_type="dynamodb:table")

    def description(self, name: str, status: str = "ACTIVE") -> dict[str, Any]:
        """The TableDescription of a table."""
        return self.table(name).description(*self.store.counts(name), status)
