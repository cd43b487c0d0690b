"""The DMS requests that moto lacks or reads only in part."""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from moto.dms.responses import DatabaseMigrationServiceResponse

from local_aws.dms.exceptions import InvalidParameterValueException
from local_aws.dms.models import LocalDmsBackend
from local_aws.dms.queries import page

Item = TypeVar("Item")

TASK_ATTRIBUTES = {
    "MigrationType": "migration_type",
    "TableMappings": "table_mappings",
    "ReplicationTaskSettings": "replication_task_settings",
}
REPLICATION_ATTRIBUTES = {
    "ReplicationType": "migration_type",
    "TableMappings": "table_mappings",
    "ReplicationSettings": "replication_settings",
    "ComputeConfig": "compute_config",
    "SourceEndpointArn": "source_endpoint_arn",
    "TargetEndpointArn": "target_endpoint_arn",
}
ENDPOINT_ATTRIBUTES = {
    "DatabaseName": "database_name",
    "ServerName": "server_name",
    "Port": "port",
    "Username": "username",
    "Password": "password",
    "SslMode": "ssl_mode",
    "PostgreSQLSettings": "postgre_sql_settings",
    "MongoDbSettings": "mongo_db_settings",
    "DocDbSettings": "doc_db_settings",
    "S3Settings": "s3_settings",
}


class LocalDmsResponse(DatabaseMigrationServiceResponse):
    dms_backend: LocalDmsBackend

    def _parameters(self) -> dict[str, Any]:
        return json.loads(self.body or "{}")

    def _supported_parameters(self, names: AbstractSet[str]) -> dict[str, Any]:
        parameters = self._parameters()
        unsupported = set(parameters) - names
        if unsupported:
            raise InvalidParameterValueException(
                f"{', '.join(sorted(unsupported))}: {self._get_action()} does not support it at the local endpoint"
            )
        return parameters

    def _values(self, attributes: dict[str, str], identifier: str) -> tuple[str, dict[str, Any]]:
        """The value of the identifying parameter, and those of the attributes that the request has."""
        parameters = self._supported_parameters({identifier, *attributes})
        return parameters[identifier], {
            attributes[name]: value for name, value in parameters.items() if name in attributes
        }

    def _page_of(
        self, name: str, items: list[Item], to_dict: Callable[[Item], dict[str, Any]] = lambda item: item.to_dict()
    ) -> str:
        parameters = self._parameters()
        records, marker = page(items, parameters.get("MaxRecords"), parameters.get("Marker"))
        answer: dict[str, Any] = {name: [to_dict(record) for record in records]}
        if marker:
            answer["Marker"] = marker
        return json.dumps(answer)

    def start_replication_task(self) -> str:
        parameters = self._supported_parameters({"ReplicationTaskArn", "StartReplicationTaskType"})
        task = self.dms_backend.start_replication_task(
            parameters["ReplicationTaskArn"], parameters["StartReplicationTaskType"]
        )
        return json.dumps({"ReplicationTask": task.to_dict()})

    def modify_replication_task(self) -> str:
        task_arn, changes = self._values(TASK_ATTRIBUTES, "ReplicationTaskArn")
        task = self.dms_backend.modify_replication_task(task_arn, changes)
        return json.dumps({"ReplicationTask": task.to_dict()})

    def modify_endpoint(self) -> str:
        endpoint_arn, changes = self._values(ENDPOINT_ATTRIBUTES, "EndpointArn")
        endpoint = self.dms_backend.modify_endpoint(endpoint_arn, changes)
        return json.dumps({"Endpoint": {k: v for k, v in endpoint.to_dict().items() if v is not None}})

    def describe_replication_tasks(self) -> str:
        parameters = self._parameters()
        tasks = self.dms_backend.find_replication_tasks(parameters.get("Filters", []))
        without_settings = parameters.get("WithoutSettings", False)
        return self._page_of("ReplicationTasks", tasks, lambda task: task.to_dict(without_settings))

    def describe_table_statistics(self) -> str:
        parameters = self._parameters()
        task_arn = parameters["ReplicationTaskArn"]
        tables = self.dms_backend.table_statistics(task_arn, parameters.get("Filters", []))
        answer = json.loads(self._page_of("TableStatistics", tables))
        return json.dumps({"ReplicationTaskArn": task_arn, **answer})

    def describe_connections(self) -> str:
        connections = self.dms_backend.find_connections(self._parameters().get("Filters", []))
        return self._page_of("Connections", connections)

    def create_replication_config(self) -> str:
        attributes = REPLICATION_ATTRIBUTES | {"ResourceIdentifier": "resource_identifier", "Tags": "tags"}
        identifier, values = self._values(attributes, "ReplicationConfigIdentifier")
        replication = self.dms_backend.create_replication_config(identifier, **values)
        return json.dumps({"ReplicationConfig": replication.config_dict()})

    def modify_replication_config(self) -> str:
        config_arn, changes = self._values(REPLICATION_ATTRIBUTES, "ReplicationConfigArn")
        replication = self.dms_backend.modify_replication_config(config_arn, changes)
        return json.dumps({"ReplicationConfig": replication.config_dict()})

    def delete_replication_config(self) -> str:
        replication = self.dms_backend.delete_replication_config(self._parameters()["ReplicationConfigArn"])
        return json.dumps({"ReplicationConfig": replication.config_dict()})

    def describe_replication_configs(self) -> str:
        replications = self.dms_backend.find_replications(self._parameters().get("Filters", []))
        return self._page_of("ReplicationConfigs", replications, lambda replication: replication.config_dict())

    def describe_replications(self) -> str:
        replications = self.dms_backend.find_replications(self._parameters().get("Filters", []))
        return self._page_of("Replications", replications, lambda replication: replication.to_dict())

    def start_replication(self) -> str:
        parameters = self._supported_parameters({"ReplicationConfigArn", "StartReplicationType"})
        replication = self.dms_backend.start_replication(
            parameters["ReplicationConfigArn"], parameters["StartReplicationType"]
        )
        return json.dumps({"Replication": replication.to_dict()})

    def stop_replication(self) -> str:
        replication = self.dms_backend.stop_replication(self._parameters()["ReplicationConfigArn"])
        return json.dumps({"Replication": replication.to_dict()})

    def describe_replication_table_statistics(self) -> str:
        parameters = self._parameters()
        config_arn = parameters["ReplicationConfigArn"]
        tables = self.dms_backend.replication_table_statistics(config_arn, parameters.get("Filters", []))
        answer = json.loads(self._page_of("ReplicationTableStatistics", tables))
        return json.dumps({"ReplicationConfigArn": config_arn, **answer})
