"""Keys of tables and indexes, and their places in the store: a partition's, and one in the partition's order."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local_aws.dynamodb import numbers
from local_aws.dynamodb.exceptions import ValidationException
from local_aws.dynamodb.values import Item, Value, binary, type_of

# Developer guide, Quotas in Amazon DynamoDB.
MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES = 2048, 1024
SEGMENT_BYTES = 4
Place = tuple[bytes, bytes]


@dataclass(frozen=True)
class KeyAttribute:
    name: str
    type: str


@dataclass(frozen=True)
class KeySchema:
    partition: KeyAttribute
    sort: KeyAttribute | None = None

    @cached_property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(attribute.name for attribute in self.attributes)

    def description(self) -> list[dict[str, str]]:
        return [
            {"AttributeName": attribute.name, "KeyType": kind}
            for attribute, kind in zip(self.attributes, ("HASH", "RANGE"), strict=False)
        ]

    def key_of(self, item: Item) -> Item:
        return {name: item[name] for name in self.names}

    def place(self, item: Item) -> Place:
        """Where an item with these attributes has its place; raises ValidationException without a key that is one."""
        for attribute in self.attributes:
            check_key_value(attribute, item.get(attribute.name))
        return self.partition_place(item[self.partition.name]), self.sort_place(item)

    def partition_place(self, value: Value) -> bytes:
        content = sortable(value)
        if len(content) > MAX_PARTITION_KEY_BYTES:
            raise ValidationException(
                "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of"
                f" {MAX_PARTITION_KEY_BYTES} bytes"
            )
        # Partitions are spread, so that a scan's segments are alike.
        return hashlib.md5(content, usedforsecurity=False).digest()[:SEGMENT_BYTES] + content

    def sort_place(self, item: Item) -> bytes:
        if self.sort is None:
            return b""
        content = sortable(item[self.sort.name])
        if len(content) > MAX_SORT_KEY_BYTES:
            raise ValidationException(
                "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size"
                f" limit of {MAX_SORT_KEY_BYTES} bytes"
            )
        return content


def check_key_value(attribute: KeyAttribute, value: Value | None, index: str | None = None) -> None:
    """Raises ValidationException for a value that the attribute of a key cannot have."""
    where = f" IndexName: {index}, IndexKey: {attribute.name}" if index else f" Key: {attribute.name}"
    if value is None:
        raise ValidationException(
            f"One or more parameter values were invalid: Missing the key {attribute.name} in the item"
        )
    kind = type_of(value)
    if kind != attribute.type:
        what = f"Index Key {attribute.name}" if index else f"key {attribute.name}"
        tail = f" IndexName: {index}" if index else ""
        raise ValidationException(
            f"One or more parameter values were invalid: Type mismatch for {what} expected: {attribute.type} actual:"
            f" {kind}{tail}"
        )
    if value[kind] == "":
        raise ValidationException(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty"
            f" {'string' if kind == 'S' else 'binary'} value.{where}"
        )


def sortable(value: Value) -> bytes:
    """Bytes in the order of the values of one type."""
    ((kind, content),) = value.items()
    if kind == "S":
        return content.encode()
    return numbers.sortable(content) if kind == "N" else binary(content)


def schema_from(description: list[dict[str, str]], types: dict[str, str]) -> KeySchema:
    """The key that a request describes; raises ValidationException."""
    attributes: dict[str, KeyAttribute] = {}
    for one in description:
        name = one["AttributeName"]
        if name not in types:
            raise ValidationException(
                "One or more parameter values were invalid: Some index key attributes are not defined in"
                f" AttributeDefinitions. Keys: [{name}], AttributeDefinitions: [{', '.join(types)}]"
            )
        attributes[one["KeyType"]] = KeyAttribute(name, types[name])
    if "HASH" not in attributes or len(attributes) != len(description):
        raise ValidationException("Invalid KeySchema: a key has one HASH attribute and at most one RANGE attribute")
    if len({attribute.name for attribute in attributes.values()}) != len(attributes):
        raise ValidationException("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    return KeySchema(attributes["HASH"], attributes.get("RANGE"))


def schema_from_dict(attributes: dict[str, Any]) -> KeySchema:
    sort = attributes["sort"]
    return KeySchema(KeyAttribute(**attributes["partition"]), KeyAttribute(**sort) if sort else None)
