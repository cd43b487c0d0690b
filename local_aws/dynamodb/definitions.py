"""Tables as they are created and changed: by requests, and by stacks."""

import re
import sqlite3
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_aws.dynamodb import streams
from local_aws.dynamodb.exceptions import (
    ResourceInUseException,
    ResourceNotFoundException,
    TableNotFoundException,
    ValidationException,
)
from local_aws.dynamodb.keys import schema_from
from local_aws.dynamodb.tables import (
    PAY_PER_REQUEST,
    PROVISIONED,
    Index,
    Table,
    Throughput,
    table_from_json,
)
from local_aws.dynamodb.time_to_live import expiry_of

if TYPE_CHECKING:
    from local_aws.dynamodb.models import LocalDynamoDbBackend

Parameters = dict[str, Any]
SETTINGS = (
    "BillingMode",
    "DeletionProtectionEnabled",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
)
TABLE_PARAMETERS = (*SETTINGS, "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "Tags")
UPDATE_PARAMETERS = (*SETTINGS, "AttributeDefinitions", "GlobalSecondaryIndexUpdates")
NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
MAX_GLOBAL_INDEXES, MAX_LOCAL_INDEXES = 20, 5
PROJECTIONS = ("ALL", "KEYS_ONLY", "INCLUDE")


def table_not_found(name: str) -> TableNotFoundException:
    return TableNotFoundException(f"Table not found: {name}")


def create(backend: "LocalDynamoDbBackend", parameters: Parameters) -> Table:
    """Raises ValidationException and ResourceInUseException."""
    name = parameters["TableName"]
    if not NAME.fullmatch(name):
        raise ValidationException(
            f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must"
            " satisfy regular expression pattern: [a-zA-Z0-9_.-]+, and have between 3 and 255 characters"
        )
    types = _attribute_types(parameters)

    def change(connection: sqlite3.Connection) -> Table:
        if connection.execute("SELECT 1 FROM tables WHERE name = ?", (name,)).fetchone():
            raise ResourceInUseException(f"Table already exists: {name}")
        table = Table(
            name=name,
            arn=backend.arn_of(f"table/{name}"),
            table_id=str(uuid.uuid4()),
            number=backend.store.next_number(connection),
            created_at=time.time(),
            key=schema_from(parameters["KeySchema"], types),
            attribute_types=types,
            tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags") or ()},
        )
        for kind, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
            for description in parameters.get(kind) or ():
                table.indexes.append(_index(table, description, is_global=is_global))
        _apply(backend, connection, table, parameters, {"BillingMode": PROVISIONED} | parameters)
        _check(table)
        backend.store.add(connection, table)
        return table

    return backend.store.database.change(change)


def update(backend: "LocalDynamoDbBackend", parameters: Parameters) -> Table:
    """Raises ValidationException and ResourceNotFoundException."""

    def change(table: Table, connection: sqlite3.Connection) -> None:
        table.attribute_types |= _attribute_types(parameters)
        for one in parameters.get("GlobalSecondaryIndexUpdates") or ():
            ((action, description),) = one.items()
            _update_index(backend, connection, table, action, description)
        present = PROVISIONED if table.throughput else PAY_PER_REQUEST
        _apply(backend, connection, table, parameters, {"BillingMode": present} | parameters)
        used = {
            attribute.name for key in (table.key, *(one.key for one in table.indexes)) for attribute in key.attributes
        }
        table.attribute_types = {name: kind for name, kind in table.attribute_types.items() if name in used}
        _check(table)

    return alter(backend, backend.table(parameters["TableName"]).name, change)


def delete(backend: "LocalDynamoDbBackend", name: str) -> None:
    """Raises ResourceNotFoundException, and ValidationException for a protected table."""

    def change(connection: sqlite3.Connection) -> None:
        table = backend.store.table(connection, name)
        if table.is_protected:
            raise ValidationException(
                "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection"
                " first."
            )
        if table.stream is not None:
            streams.end(connection, table.stream)
        backend.store.remove(connection, table)

    backend.store.database.change(change)
    backend.store.announce()


def alter(backend: "LocalDynamoDbBackend", name: str, alter: Callable[[Table, sqlite3.Connection], None]) -> Table:
    """Change what a table is; the function is given a table of its own."""

    def change(connection: sqlite3.Connection) -> Table:
        table = table_from_json(backend.store.table(connection, name).as_json())
        alter(table, connection)
        backend.store.replace(connection, table)
        return table

    table = backend.store.database.change(change)
    backend.store.announce()
    return table


def set_expiry(backend: "LocalDynamoDbBackend", name: str, attribute: str | None) -> None:
    """Items that are there expire, too."""

    def change(table: Table, connection: sqlite3.Connection) -> None:
        table.expiry_attribute = attribute
        for place, stored in list(backend.store.items(connection, table)):
            expires_at = expiry_of(stored.item, attribute)
            connection.execute(
                f"UPDATE items_{table.number} SET expires_at = ? WHERE partition = ? AND sort = ?",  # noqa: S608
                (expires_at, *place),
            )

    alter(backend, name, change)


def set_recoverable(backend: "LocalDynamoDbBackend", name: str, *, is_enabled: bool) -> Table:
    def change(table: Table, _: sqlite3.Connection) -> None:
        table.recoverable_since = (table.recoverable_since or time.time()) if is_enabled else None

    return alter(backend, name, change)


def _attribute_types(parameters: Parameters) -> dict[str, str]:
    return {one["AttributeName"]: one["AttributeType"] for one in parameters.get("AttributeDefinitions") or ()}


def _index(table: Table, description: Parameters, *, is_global: bool) -> Index:
    projection = description["Projection"]
    kind, included = projection.get("ProjectionType", ""), projection.get("NonKeyAttributes", [])
    if kind not in PROJECTIONS or (kind == "INCLUDE") != bool(included):
        raise ValidationException(
            f"One or more parameter values were invalid: the projection {kind or 'without a type'} of the index"
            f" {description['IndexName']} with NonKeyAttributes {included}"
        )
    key = schema_from(description["KeySchema"], table.attribute_types)
    if not is_global and (key.sort is None or key.partition != table.key.partition or table.key.sort is None):
        raise ValidationException(
            "One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as"
            f" table KeySchema for index: {description['IndexName']}"
        )
    table.index_count += 1
    throughput = description.get("ProvisionedThroughput")
    return Index(description["IndexName"], table.index_count, key, is_global, kind, included, _throughput(throughput))


def _throughput(given: Parameters | None) -> Throughput | None:
    if not given:
        return None
    return Throughput(int(given["ReadCapacityUnits"]), int(given["WriteCapacityUnits"]))


def _update_index(
    backend: "LocalDynamoDbBackend", connection: sqlite3.Connection, table: Table, action: str, description: Parameters
) -> None:
    present = {index.name: index for index in table.indexes}
    name = description["IndexName"]
    if action == "Create":
        if name in present:
            raise ValidationException(f"Attempting to create an index which already exists: {name}")
        index = _index(table, description, is_global=True)
        table.indexes.append(index)
        backend.store.add_index(connection, table, index)
        return
    if name not in present or not present[name].is_global:
        raise ResourceNotFoundException(f"Requested resource not found: index {name} of the table {table.name}")
    if action == "Delete":
        backend.store.remove_index(connection, table, present[name])
        table.indexes.remove(present[name])
    else:
        present[name].throughput = _throughput(description["ProvisionedThroughput"])


def _apply(
    backend: "LocalDynamoDbBackend",
    connection: sqlite3.Connection,
    table: Table,
    parameters: Parameters,
    effective: Parameters,
) -> None:
    """Take over the settings of a request."""
    if effective["BillingMode"] == PAY_PER_REQUEST:
        if parameters.get("ProvisionedThroughput"):
            raise ValidationException(
                "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be"
                " specified when BillingMode is PAY_PER_REQUEST"
            )
        table.throughput = None
        for index in table.indexes:
            index.throughput = None
    elif effective["BillingMode"] != PROVISIONED:
        raise ValidationException(f"BillingMode {effective['BillingMode']} is neither PROVISIONED nor PAY_PER_REQUEST")
    else:
        table.throughput = _throughput(parameters.get("ProvisionedThroughput")) or table.throughput
        if table.throughput is None or min(table.throughput.read, table.throughput.write) < 1:
            raise ValidationException(
                "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be"
                " specified when BillingMode is PROVISIONED"
            )
    table.is_protected = parameters.get("DeletionProtectionEnabled", table.is_protected)
    table.table_class = parameters.get("TableClass", table.table_class)
    encryption = parameters.get("SSESpecification")
    if encryption is not None:
        key_id = encryption.get("KMSMasterKeyId", "alias/aws/dynamodb")
        table.key_id = key_id if encryption.get("Enabled") else None
    if parameters.get("StreamSpecification") is not None:
        _apply_stream(backend, connection, table, parameters["StreamSpecification"])


def _apply_stream(
    backend: "LocalDynamoDbBackend", connection: sqlite3.Connection, table: Table, specification: Parameters
) -> None:
    if not specification.get("StreamEnabled", True):
        if table.stream is None:
            raise ValidationException("Table does not have a stream to disable")
        streams.end(connection, table.stream)
        table.stream = None
        return
    if table.stream is not None:
        raise ResourceInUseException("Table already has an enabled stream")
    view_type = specification.get("StreamViewType")
    if view_type not in streams.VIEW_TYPES:
        raise ValidationException(f"StreamViewType {view_type} is not one of {', '.join(streams.VIEW_TYPES)}")
    table.view_type = view_type
    table.stream_label = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    table.stream = backend.store.next_number(connection)
    streams.begin(connection, table)


def _check(table: Table) -> None:
    """Raises ValidationException for a table whose parts do not fit together."""
    used = {attribute.name for key in (table.key, *(one.key for one in table.indexes)) for attribute in key.attributes}
    if unused := sorted(table.attribute_types.keys() - used):
        raise ValidationException(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number"
            f" of attributes defined in AttributeDefinitions: {', '.join(unused)} is in no key"
        )
    names = [index.name for index in table.indexes]
    if len(set(names)) != len(names):
        raise ValidationException("One or more parameter values were invalid: Duplicate index name")
    if sum(index.is_global for index in table.indexes) > MAX_GLOBAL_INDEXES:
        raise ValidationException("One or more parameter values were invalid: GlobalSecondaryIndex count exceeds 20")
    if sum(not index.is_global for index in table.indexes) > MAX_LOCAL_INDEXES:
        raise ValidationException("One or more parameter values were invalid: LocalSecondaryIndex count exceeds 5")
    for index in table.indexes:
        if index.is_global and (index.throughput is None) != (table.throughput is None):
            raise ValidationException(
                "One or more parameter values were invalid: ProvisionedThroughput must be specified for index:"
                f" {index.name} when BillingMode is PROVISIONED, and only then"
            )
