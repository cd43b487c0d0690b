"""Queries and scans: pages of a table's or an index's items in the order of their keys."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.expressions.conditions import Node, Values
from local_aws.dynamodb.expressions.key_conditions import KeyCondition
from local_aws.dynamodb.expressions.paths import Path, project
from local_aws.dynamodb.keys import SEGMENT_BYTES
from local_aws.dynamodb.tables import Index, Table
from local_aws.dynamodb.values import Item
from local_aws.dynamodb.writes import KEY_ERROR, key_of

PAGE_BYTES = 1 << 20


@dataclass(frozen=True)
class Range:
    """The items that a page is taken from: of one partition, or of a segment of all of them."""

    key: KeyCondition | None = None
    segment: int = 0
    segments: int = 1
    is_forward: bool = True

    def conditions(self, prefix: str) -> tuple[list[str], list[Any]]:
        """The conditions of SQL on the columns of a table, and their parameters."""
        if self.key is not None:
            clauses = [f"{prefix}partition = ?", *(f"{prefix}sort {operator} ?" for operator, _ in self.key.sort)]
            return clauses, [self.key.partition, *(place for _, place in self.key.sort)]
        first, end = ((self.segment + one) * 256**SEGMENT_BYTES // self.segments for one in (0, 1))
        clauses, parameters = [f"{prefix}partition >= ?"], [first.to_bytes(SEGMENT_BYTES)]
        if self.segment + 1 < self.segments:
            clauses.append(f"{prefix}partition < ?")
            parameters.append(end.to_bytes(SEGMENT_BYTES))
        return clauses, parameters


@dataclass(frozen=True)
class Reading:
    """What a query or scan asks for."""

    table: Table
    index: Index | None
    range: Range
    start: Item | None = None
    limit: int | None = None
    filter: Node | None = None
    values: Values = field(default_factory=dict)
    projection: tuple[Path, ...] | None = None
    counts_only: bool = False
    is_complete: bool = False
    """Whether items come with what a local index does not project."""


@dataclass
class Page:
    items: list[Item] = field(default_factory=list)
    count: int = 0
    evaluated: int = 0
    size: int = 0
    last_key: Item | None = None


def read_page(connection: sqlite3.Connection, reading: Reading) -> Page:
    """The next items, until there are `limit` or they have 1 MB; the filter comes after that, as in AWS."""
    page = Page()
    names = None
    if reading.index and not reading.is_complete:
        names = reading.index.projected_names(reading.table.key)
    for text, size in _rows(connection, reading):
        item: Item = json.loads(text)
        page.evaluated += 1
        page.size += size
        visible = item if names is None else {name: value for name, value in item.items() if name in names}
        if reading.filter is None or reading.filter.holds(visible, reading.values):
            page.count += 1
            if not reading.counts_only:
                page.items.append(visible if reading.projection is None else project(visible, reading.projection))
        if page.evaluated == reading.limit or page.size >= PAGE_BYTES:
            page.last_key = last_key(reading, item)
            break
    return page


def last_key(reading: Reading, item: Item) -> Item:
    names = dict.fromkeys(reading.table.key.names)
    if reading.index:
        names |= dict.fromkeys(reading.index.key.names)
    return {name: item[name] for name in names}


def _rows(connection: sqlite3.Connection, reading: Reading) -> Iterator[tuple[str, int]]:
    table, index = reading.table, reading.index
    prefix = "entries." if index else ""
    clauses, parameters = reading.range.conditions(prefix)
    columns = ["partition", "sort", *(["item_partition", "item_sort"] if index else [])]
    if reading.start is not None:
        compared = ", ".join(prefix + column for column in columns)
        beyond = ">" if reading.range.is_forward else "<"
        clauses.append(f"({compared}) {beyond} ({', '.join('?' * len(columns))})")
        parameters += _start_places(reading, reading.start)
    source = f"items_{table.number}"
    if index:
        source = (
            f"index_{table.number}_{index.number} AS entries CROSS JOIN {source} AS items"
            " ON items.partition = entries.item_partition AND items.sort = entries.item_sort"
        )
    direction = "" if reading.range.is_forward else " DESC"
    order = ", ".join(f"{prefix}{column}{direction}" for column in columns)
    wanted = "items.item, items.size" if index else "item, size"
    query = f"SELECT {wanted} FROM {source} WHERE {' AND '.join(clauses)} ORDER BY {order}"  # noqa: S608 - our names
    yield from connection.execute(query, parameters)


def _start_places(reading: Reading, start: Item) -> list[bytes]:
    """Raises ValidationException for an ExclusiveStartKey that is no key of the table or index."""
    table, index = reading.table, reading.index
    names = {*table.key.names, *(index.key.names if index else ())}
    if set(start) != names:
        raise ValidationException(f"The provided starting key is invalid: {KEY_ERROR}")
    key = key_of(table, table.key.key_of(start))
    places = list(table.key.place(key))
    if index:
        places = [*index.key.place(start), *places]
    if reading.range.key and places[0] != reading.range.key.partition:
        raise ValidationException("The provided starting key is outside query boundaries based on provided conditions")
    return places
