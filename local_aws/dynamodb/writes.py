"""Writes of single items, by whatever request they come: what each asks for, and how it is made."""

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from local_aws.dynamodb.capacity import Consumption, ProvisionedCapacity, write_units
from local_aws.dynamodb.exceptions import (
    ConditionalCheckFailedException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
    ValidationException,
)
from local_aws.dynamodb.expressions.conditions import Node, Values
from local_aws.dynamodb.expressions.requests import RequestExpressions
from local_aws.dynamodb.expressions.updates import Clause, paths_of, updated
from local_aws.dynamodb.keys import Place, check_key_value
from local_aws.dynamodb.store import StoredItem, TableStore
from local_aws.dynamodb.tables import Index, Table
from local_aws.dynamodb.time_to_live import expiry_of
from local_aws.dynamodb.values import MAX_ITEM_BYTES, Item, item_size, normalized_item

_as_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
KEY_ERROR = "The provided key element does not match the schema"


@dataclass(frozen=True, slots=True)
class Write:
    """A write of one item: `item` is what it puts, `clauses` what it updates; one without either deletes or checks."""

    table: Table
    place: Place
    key: Item
    condition: Node | None = None
    values: Values = field(default_factory=dict)
    item: StoredItem | None = None
    clauses: tuple[Clause, ...] | None = None
    deletes: bool = False
    returns_item_on_failure: bool = False


def put_of(table: Table, parameters: dict[str, Any]) -> Write:
    """Raises ValidationException, as do the functions below."""
    item = normalized_item(parameters["Item"])
    place = table.key.place(item)
    return _write(table, place, table.key.key_of(item), parameters, item=stored(table, item))


def delete_of(table: Table, parameters: dict[str, Any]) -> Write:
    key = key_of(table, parameters["Key"])
    return _write(table, table.key.place(key), key, parameters, deletes=True)


def check_of(table: Table, parameters: dict[str, Any]) -> Write:
    key = key_of(table, parameters["Key"])
    return _write(table, table.key.place(key), key, parameters)


def update_of(table: Table, parameters: dict[str, Any]) -> Write:
    key = key_of(table, parameters["Key"])
    return _write(table, table.key.place(key), key, parameters, is_update=True)


def key_of(table: Table, key: Item) -> Item:
    """The key of an item of the table, in its one form; raises ValidationException."""
    if set(key) != set(table.key.names):
        raise ValidationException(KEY_ERROR)
    key = normalized_item(key)
    for attribute in table.key.attributes:
        if attribute.type not in key[attribute.name]:
            raise ValidationException(KEY_ERROR)
        check_key_value(attribute, key[attribute.name])
    return key


def _write(
    table: Table, place: Place, key: Item, parameters: dict[str, Any], *, is_update: bool = False, **what: Any
) -> Write:
    expressions = RequestExpressions(parameters)
    condition = expressions.condition()
    if is_update:
        what["clauses"] = clauses = expressions.update()
        for path in paths_of(clauses):
            if path.attribute in table.key.names:
                raise ValidationException(
                    f"One or more parameter values were invalid: Cannot update attribute {path.attribute}. This"
                    " attribute is part of the key"
                )
    expressions.finish()
    return Write(
        table,
        place,
        key,
        condition,
        expressions.values,
        returns_item_on_failure=parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
        **what,
    )


def stored(table: Table, item: Item) -> StoredItem:
    """The item as it is stored; raises ValidationException for one that is too large, or has no place in an index."""
    for index, attribute in table.index_keys:
        if attribute.name in item:
            check_key_value(attribute, item[attribute.name], index.name)
    size = item_size(item)
    if size > MAX_ITEM_BYTES:
        raise ValidationException("Item size has exceeded the maximum allowed size")
    return StoredItem(item, _as_text(item), size)


@dataclass(frozen=True, slots=True)
class Written:
    """An item before and after a write."""

    before: StoredItem | None
    after: StoredItem | None


class ItemWriter:
    """Makes the writes of one change, in the change's thread. `finish` ends it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        store: TableStore,
        capacity: ProvisionedCapacity,
        consumption: Consumption,
    ) -> None:
        self.connection, self.store = connection, store
        self.capacity, self.consumption = capacity, consumption
        self._tables: dict[str, Table] = {}
        self._counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])

    def table(self, write: Write) -> Table:
        """The write's table as it is at this moment."""
        name = write.table.name
        if name not in self._tables:
            self._tables[name] = self.store.table(self.connection, name)
        if self._tables[name].number != write.table.number:
            raise ResourceNotFoundException(f"Requested resource not found: Table: {name} was made anew")
        return self._tables[name]

    def checked(self, write: Write) -> StoredItem | None:
        """The item that is there; raises ConditionalCheckFailedException where the condition does not hold of it."""
        before = self.store.find(self.connection, self.table(write), write.place)
        if write.condition and not write.condition.holds(before.item if before else {}, write.values):
            item = before.item if before and write.returns_item_on_failure else None
            raise ConditionalCheckFailedException(item)
        return before

    def make(self, write: Write) -> Written:
        """Check the condition and write; a throttled table raises ProvisionedThroughputExceededException."""
        table = self.table(write)
        before = self.checked(write)
        after = self._after(table, write, before)
        self._consume(table, Written(before, after))
        if write.item or write.clauses is not None or write.deletes:
            self.replace(table, write.place, write.key, Written(before, after))
        return Written(before, after)

    def _consume(self, table: Table, written: Written) -> None:
        """Raises ProvisionedThroughputExceededException before anything is written."""
        units = write_units(max(one.size if one else 0 for one in (written.before, written.after)))
        before = written.before.item if written.before else {}
        after = written.after.item if written.after else {}
        written_to = [None, *(index.name for index in table.indexes if index.has(before) or index.has(after))]
        for name in written_to:
            if not self.capacity.takes(table, "write", units * self.consumption.factor, name):
                raise ProvisionedThroughputExceededException
            self.consumption.add(table, units, name)

    def _after(self, table: Table, write: Write, before: StoredItem | None) -> StoredItem | None:
        if write.item:
            return write.item
        if write.clauses is None:
            return None if write.deletes else before
        present = before.item if before else write.key
        item = updated(present, write.clauses, write.values)
        return stored(table, item)

    def replace(
        self, table: Table, place: Place, key: Item, written: Written, *, is_service_deletion: bool = False
    ) -> None:
        """Put an item into another's place, or remove it; indexes and the stream follow."""
        before, after = written.before, written.after
        if before is not None and after is not None and before.item == after.item:
            return
        if after is not None:
            expires_at = expiry_of(after.item, table.expiry_attribute)
            self.store.put(self.connection, table, place, after, expires_at)
        elif before is not None:
            self.store.delete(self.connection, table, place)
        else:
            return
        for index in table.indexes:
            self._index(table, index, place, written)
        counts = self._counts[table.name]
        counts[0] += (after is not None) - (before is not None)
        counts[1] += (after.size if after else 0) - (before.size if before else 0)
        if table.stream is not None:
            self.store.log.note(table, key, before, after, is_service_deletion=is_service_deletion)

    def _index(self, table: Table, index: Index, place: Place, written: Written) -> None:
        before = written.before.item if written.before else {}
        after = written.after.item if written.after else {}
        if any(before.get(name) != after.get(name) for name in index.key.names):
            self.store.delete_entry(self.connection, table, index, place, before)
            self.store.put_entry(self.connection, table, index, place, after)

    def delete_as_service(self, table: Table, place: Place) -> None:
        """Delete an item whose time has come."""
        self._tables[table.name] = table
        found = self.store.find(self.connection, table, place)
        if found is not None:
            key = table.key.key_of(found.item)
            self.replace(table, place, key, Written(found, None), is_service_deletion=True)

    def finish(self) -> None:
        for name, counts in self._counts.items():
            self.store.count(self.connection, self._tables[name], *counts)
        self.store.log.write(self.connection)
