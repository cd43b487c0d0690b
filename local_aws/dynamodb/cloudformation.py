"""AWS::DynamoDB::Table."""

import json
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends

from local_aws.cloudformation.resources.base import Properties, StackResource, as_boolean
from local_aws.dynamodb import definitions
from local_aws.dynamodb.definitions import SETTINGS
from local_aws.dynamodb.exceptions import ResourceNotFoundException, ValidationException
from local_aws.dynamodb.models import LocalDynamoDbBackend
from local_aws.dynamodb.tables import PROVISIONED, Table

# A change of one of these makes another table.
REPLACED_BY = ("KeySchema", "LocalSecondaryIndexes")
SPECIFICATIONS = ("PointInTimeRecoverySpecification", "TimeToLiveSpecification")


class TableResource(StackResource, CloudFormationModel):
    """Ref is the name (CloudFormation user guide, AWS::DynamoDB::Table)."""

    type_name = "AWS::DynamoDB::Table"
    backends = dynamodb_backends
    name_property = "TableName"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "AttributeDefinitions",
            "GlobalSecondaryIndexes",
            "TableName",
            "Tags",
            *REPLACED_BY,
            *SETTINGS,
            *SPECIFICATIONS,
        }
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn", "StreamArn"})

    @classmethod
    def create(cls, backend: LocalDynamoDbBackend, name: str, properties: Properties) -> Self:
        properties = _typed(properties)
        parameters = {key: value for key, value in properties.items() if key not in SPECIFICATIONS}
        definitions.create(backend, parameters | {"TableName": name})
        table = _apply_specifications(backend, name, properties)
        return cls(name, _attributes(table) | {"KeySchema": _key_text(properties)})

    def update(self, backend: LocalDynamoDbBackend, name: str, properties: Properties) -> Self:
        properties = _typed(properties)
        if name != self.physical_resource_id or _key_text(properties) != self.attributes["KeySchema"]:
            return self.replace(backend, name, properties)
        present = backend.table(name)
        parameters = {key: properties[key] for key in SETTINGS if key in properties}
        parameters |= {
            "TableName": name,
            "BillingMode": properties.get("BillingMode", PROVISIONED),
            "AttributeDefinitions": properties["AttributeDefinitions"],
            "DeletionProtectionEnabled": properties.get("DeletionProtectionEnabled", False),
            "GlobalSecondaryIndexUpdates": _index_updates(present, properties.get("GlobalSecondaryIndexes", [])),
        }
        _follow_stream(backend, present, parameters)
        definitions.update(backend, parameters)
        return type(self)(
            name, _attributes(_apply_specifications(backend, name, properties)) | {"KeySchema": _key_text(properties)}
        )

    @classmethod
    def delete(cls, backend: LocalDynamoDbBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        try:
            definitions.delete(backend, physical_resource_id)
        except ResourceNotFoundException:
            return


def _typed(value: Any) -> Any:
    """Properties with the types that the API has: a template may hold "true" and "10"."""
    if isinstance(value, list):
        return [_typed(one) for one in value]
    if not isinstance(value, dict):
        return value
    typed = {key: _typed(one) for key, one in value.items()}
    for key in ("DeletionProtectionEnabled", "Enabled", "PointInTimeRecoveryEnabled"):
        if key in typed:
            typed[key] = as_boolean(typed[key])
    if "SSEEnabled" in typed:
        typed["Enabled"] = as_boolean(typed.pop("SSEEnabled"))
    return typed


def _key_text(properties: Properties) -> str:
    return json.dumps([properties.get(key) for key in REPLACED_BY], sort_keys=True)


def _attributes(table: Table) -> Properties:
    return {"Arn": table.arn} | ({"StreamArn": table.stream_arn} if table.stream is not None else {})


def _apply_specifications(backend: LocalDynamoDbBackend, name: str, properties: Properties) -> Table:
    """Time to live, point-in-time recovery and tags, which requests of their own change."""
    expiry = properties.get("TimeToLiveSpecification") or {}
    attribute = expiry.get("AttributeName") if expiry.get("Enabled") else None
    if attribute != backend.table(name).expiry_attribute:
        definitions.set_expiry(backend, name, attribute)
    recovery = properties.get("PointInTimeRecoverySpecification") or {}
    definitions.set_recoverable(backend, name, is_enabled=recovery.get("PointInTimeRecoveryEnabled", False))
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return definitions.alter(backend, name, lambda table, _: setattr(table, "tags", tags))


def _index_updates(present: Table, wanted: list[Properties]) -> list[Properties]:
    """What brings the global indexes to those of the template; one that has changed is refused, as by AWS."""
    indexes = {index.name: index for index in present.indexes if index.is_global}
    names = {one["IndexName"] for one in wanted}
    updates: list[Properties] = [{"Delete": {"IndexName": name}} for name in indexes if name not in names]
    for one in wanted:
        index = indexes.get(one["IndexName"])
        if index is None:
            updates.append({"Create": one})
            continue
        described = index.description()
        if described["KeySchema"] != one["KeySchema"] or described["Projection"] != one["Projection"]:
            raise ValidationException(
                f"The index {index.name} cannot be changed in place: give another index another name"
            )
        if one.get("ProvisionedThroughput"):
            throughput = one["ProvisionedThroughput"]
            updates.append({"Update": {"IndexName": index.name, "ProvisionedThroughput": throughput}})
    return updates


def _follow_stream(backend: LocalDynamoDbBackend, present: Table, parameters: Properties) -> None:
    """Another view type is another stream, and no specification none."""
    wanted = (parameters.pop("StreamSpecification", None) or {}).get("StreamViewType")
    if present.stream is not None and wanted != present.view_type:
        definitions.update(backend, {"TableName": present.name, "StreamSpecification": {"StreamEnabled": False}})
    if wanted and (present.stream is None or wanted != present.view_type):
        parameters["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": wanted}
