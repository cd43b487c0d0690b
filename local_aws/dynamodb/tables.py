"""What a table is, without its items."""

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from local_aws.dynamodb.keys import KeyAttribute, KeySchema, schema_from_dict
from local_aws.dynamodb.values import Item

PAY_PER_REQUEST, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
VIEW_TYPES = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


@dataclass
class Throughput:
    """Capacity units a second."""

    read: int
    write: int

    def description(self) -> dict[str, int]:
        return {"ReadCapacityUnits": self.read, "WriteCapacityUnits": self.write, "NumberOfDecreasesToday": 0}


@dataclass
class Index:
    """`number` names its part of the store; `projection` is a ProjectionType, `included` its further attributes."""

    name: str
    number: int
    key: KeySchema
    is_global: bool
    projection: str
    included: list[str] = field(default_factory=list)
    throughput: Throughput | None = None

    def has(self, item: Item) -> bool:
        """Whether the item is in the index, which it is with all attributes of the index's key."""
        return all(
            attribute.name in item and attribute.type in item[attribute.name] for attribute in self.key.attributes
        )

    def projected_names(self, table_key: KeySchema) -> set[str] | None:
        """The attributes that the index has; None for all."""
        if self.projection == "ALL":
            return None
        return {*table_key.names, *self.key.names, *self.included}

    def description(self) -> dict[str, Any]:
        projection: dict[str, Any] = {"ProjectionType": self.projection}
        if self.included:
            projection["NonKeyAttributes"] = self.included
        return {"IndexName": self.name, "KeySchema": self.key.description(), "Projection": projection}


@dataclass
class Table:
    """`created_at` is in seconds since 1970, `throughput` is None on demand.

    `stream` is the number of the stream that takes changes, `expiry_attribute` the attribute of time to live.
    """

    name: str
    arn: str
    table_id: str
    number: int
    created_at: float
    key: KeySchema
    attribute_types: dict[str, str]
    throughput: Throughput | None = None
    indexes: list[Index] = field(default_factory=list)
    index_count: int = 0
    stream: int | None = None
    stream_label: str | None = None
    view_type: str | None = None
    expiry_attribute: str | None = None
    recoverable_since: float | None = None
    is_protected: bool = False
    table_class: str = "STANDARD"
    key_id: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @cached_property
    def indexes_by_name(self) -> dict[str, Index]:
        return {index.name: index for index in self.indexes}

    @cached_property
    def index_keys(self) -> list[tuple[Index, KeyAttribute]]:
        return [(index, attribute) for index in self.indexes for attribute in index.key.attributes]

    @property
    def stream_arn(self) -> str | None:
        return f"{self.arn}/stream/{self.stream_label}" if self.stream_label else None

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def description(self, item_count: int, size: int, status: str = "ACTIVE") -> dict[str, Any]:
        """The TableDescription of the API."""
        described = {
            "TableName": self.name,
            "TableArn": self.arn,
            "TableId": self.table_id,
            "TableStatus": status,
            "CreationDateTime": self.created_at,
            "KeySchema": self.key.description(),
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in self.attribute_types.items()
            ],
            "ProvisionedThroughput": (self.throughput or Throughput(0, 0)).description(),
            "ItemCount": item_count,
            "TableSizeBytes": size,
            "DeletionProtectionEnabled": self.is_protected,
            "TableClassSummary": {"TableClass": self.table_class},
        }
        if self.throughput is None:
            described["BillingModeSummary"] = {"BillingMode": PAY_PER_REQUEST}
        if self.stream_label:
            described |= {"LatestStreamLabel": self.stream_label, "LatestStreamArn": self.stream_arn}
        if self.stream is not None:
            described["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": self.view_type}
        if self.key_id:
            described["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": self.key_id}
        return described | self._index_descriptions()

    def _index_descriptions(self) -> dict[str, Any]:
        described = {}
        global_indexes = [index for index in self.indexes if index.is_global]
        if global_indexes:
            described["GlobalSecondaryIndexes"] = [
                index.description()
                | {
                    "IndexStatus": "ACTIVE",
                    "IndexArn": f"{self.arn}/index/{index.name}",
                    "ProvisionedThroughput": (index.throughput or Throughput(0, 0)).description(),
                }
                for index in global_indexes
            ]
        local_indexes = [index for index in self.indexes if not index.is_global]
        if local_indexes:
            described["LocalSecondaryIndexes"] = [
                index.description() | {"IndexArn": f"{self.arn}/index/{index.name}"} for index in local_indexes
            ]
        return described


def table_from_json(text: str) -> Table:
    """A table of the caller's own, to be changed."""
    attributes = json.loads(text)
    indexes = [
        Index(**index | {"key": schema_from_dict(index["key"]), "throughput": _throughput(index["throughput"])})
        for index in attributes.pop("indexes")
    ]
    return Table(
        **attributes
        | {
            "key": schema_from_dict(attributes["key"]),
            "throughput": _throughput(attributes["throughput"]),
            "indexes": indexes,
        }
    )


def _throughput(attributes: dict[str, int] | None) -> Throughput | None:
    return Throughput(**attributes) if attributes else None


@lru_cache(maxsize=1024)
def shared_table(text: str) -> Table:
    """A table that others have too: not to be changed."""
    return table_from_json(text)
