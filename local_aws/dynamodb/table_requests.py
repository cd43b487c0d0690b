"""The requests about whole tables: to create, describe, change and delete them, and about what they are set to."""

import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from local_aws.dynamodb import definitions
from local_aws.dynamodb.definitions import TABLE_PARAMETERS, UPDATE_PARAMETERS
from local_aws.dynamodb.exceptions import ResourceNotFoundException, ValidationException
from local_aws.dynamodb.tables import Table
from local_aws.json_services import Parameters, operation

if TYPE_CHECKING:
    from local_aws.dynamodb.models import LocalDynamoDbBackend

RECOVERABLE_SECONDS = 35 * 86_400


class Handler(Protocol):
    @property
    def backend(self) -> "LocalDynamoDbBackend": ...


class TableRequests:
    @operation(required=("TableName", "KeySchema", "AttributeDefinitions"), optional=TABLE_PARAMETERS)
    def create_table(self: Handler, parameters: Parameters) -> dict[str, Any]:
        table = definitions.create(self.backend, parameters)
        return {"TableDescription": table.description(0, 0, "CREATING")}

    @operation(required=("TableName",))
    def describe_table(self: Handler, parameters: Parameters) -> dict[str, Any]:
        return {"Table": self.backend.description(self.backend.table(parameters["TableName"]).name)}

    @operation(required=("TableName",), optional=UPDATE_PARAMETERS)
    def update_table(self: Handler, parameters: Parameters) -> dict[str, Any]:
        table = definitions.update(self.backend, parameters)
        return {"TableDescription": self.backend.description(table.name, "UPDATING")}

    @operation(required=("TableName",))
    def delete_table(self: Handler, parameters: Parameters) -> dict[str, Any]:
        name = self.backend.table(parameters["TableName"]).name
        described = self.backend.description(name, "DELETING")
        definitions.delete(self.backend, name)
        return {"TableDescription": described}

    @operation(optional=("ExclusiveStartTableName", "Limit"))
    def list_tables(self: Handler, parameters: Parameters) -> dict[str, Any]:
        start, limit = parameters.get("ExclusiveStartTableName", ""), parameters.get("Limit", 100)
        names = [name for name in self.backend.store.names() if name > start]
        answer: dict[str, Any] = {"TableNames": names[:limit]}
        if len(names) > limit:
            answer["LastEvaluatedTableName"] = names[limit - 1]
        return answer

    @operation(required=("TableName",))
    def describe_time_to_live(self: Handler, parameters: Parameters) -> dict[str, Any]:
        attribute = self.backend.table(parameters["TableName"]).expiry_attribute
        described = {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute} if attribute else {}
        return {"TimeToLiveDescription": described or {"TimeToLiveStatus": "DISABLED"}}

    @operation(required=("TableName", "TimeToLiveSpecification"))
    def update_time_to_live(self: Handler, parameters: Parameters) -> dict[str, Any]:
        specification = parameters["TimeToLiveSpecification"]
        attribute, is_enabled = specification["AttributeName"], specification["Enabled"]
        present = self.backend.table(parameters["TableName"])
        if is_enabled == (present.expiry_attribute is not None):
            raise ValidationException(f"TimeToLive is already {'enabled' if is_enabled else 'disabled'}")
        if not is_enabled and attribute != present.expiry_attribute:
            raise ValidationException(f"TimeToLive is active on a different AttributeName: {present.expiry_attribute}")
        definitions.set_expiry(self.backend, present.name, attribute if is_enabled else None)
        return {"TimeToLiveSpecification": specification}

    @operation(required=("TableName",))
    def describe_continuous_backups(self: Handler, parameters: Parameters) -> dict[str, Any]:
        return _continuous_backups(_recoverable(self, parameters["TableName"]))

    @operation(required=("TableName", "PointInTimeRecoverySpecification"))
    def update_continuous_backups(self: Handler, parameters: Parameters) -> dict[str, Any]:
        """What was at an earlier time is not kept: an export is of the table as it is."""
        specification = parameters["PointInTimeRecoverySpecification"]
        if unknown := set(specification) - {"PointInTimeRecoveryEnabled"}:
            raise NotImplementedError(
                f"PointInTimeRecoverySpecification.{sorted(unknown)[0]} is not supported by the local endpoint"
            )
        table = _recoverable(self, parameters["TableName"])
        is_enabled = specification["PointInTimeRecoveryEnabled"]
        return _continuous_backups(definitions.set_recoverable(self.backend, table.name, is_enabled=is_enabled))

    @operation(required=("ResourceArn", "Tags"))
    def tag_resource(self: Handler, parameters: Parameters) -> None:
        def tag(table: Table, _: sqlite3.Connection) -> None:
            table.tags |= {one["Key"]: one["Value"] for one in parameters["Tags"]}

        definitions.alter(self.backend, self.backend.table(parameters["ResourceArn"]).name, tag)

    @operation(required=("ResourceArn", "TagKeys"))
    def untag_resource(self: Handler, parameters: Parameters) -> None:
        def untag(table: Table, _: sqlite3.Connection) -> None:
            table.tags = {key: value for key, value in table.tags.items() if key not in parameters["TagKeys"]}

        definitions.alter(self.backend, self.backend.table(parameters["ResourceArn"]).name, untag)

    @operation(required=("ResourceArn",), optional=("NextToken",))
    def list_tags_of_resource(self: Handler, parameters: Parameters) -> dict[str, Any]:
        tags = self.backend.table(parameters["ResourceArn"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    @operation()
    def describe_limits(self: Handler, parameters: Parameters) -> dict[str, Any]:  # noqa: ARG002 - as every operation
        units = dict.fromkeys(("AccountMaxReadCapacityUnits", "AccountMaxWriteCapacityUnits"), 80_000)
        return units | dict.fromkeys(("TableMaxReadCapacityUnits", "TableMaxWriteCapacityUnits"), 40_000)

    @operation()
    def describe_endpoints(self: Handler, parameters: Parameters) -> dict[str, Any]:  # noqa: ARG002 - as every operation
        address = f"dynamodb.{self.backend.region_name}.amazonaws.com"
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}


def _recoverable(handler: Handler, name: str) -> Table:
    try:
        return handler.backend.table(name)
    except ResourceNotFoundException as error:
        raise definitions.table_not_found(name) from error


def _continuous_backups(table: Table) -> dict[str, Any]:
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if table.recoverable_since is not None:
        now = datetime.now(UTC).timestamp()
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": 35,
            "EarliestRestorableDateTime": max(table.recoverable_since, time.time() - RECOVERABLE_SECONDS),
            "LatestRestorableDateTime": now,
        }
    described = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
    return {"ContinuousBackupsDescription": described}
