"""The DMS requests that moto lacks or reads only in part."""

import json
from typing import Any

from moto.dms.responses import DatabaseMigrationServiceResponse

from local_aws.dms.exceptions import InvalidParameterValueException
from local_aws.dms.models import LocalDmsBackend
from local_aws.dms.queries import page

TASK_ATTRIBUTES = {
    "MigrationType": "migration_type",
    "TableMappings": "table_mappings",
    "ReplicationTaskSettings": "replication_task_settings",
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

    def _changes(self, attributes: dict[str, str], identifiers: set[str]) -> dict[str, Any]:
        parameters = self._parameters()
        unsupported = set(parameters) - set(attributes) - identifiers
        if unsupported:
            raise InvalidParameterValueException(
                f"{', '.join(sorted(unsupported))} cannot be modified at the local endpoint"
            )
        return {attributes[name]: value for name, value in parameters.items() if name in attributes}

    def _page_of(self, name: str, items: list[Any], **options: Any) -> str:
        parameters = self._parameters()
        records, marker = page(items, parameters.get("MaxRecords"), parameters.get("Marker"))
        answer: dict[str, Any] = {name: [record.to_dict(**options) for record in records]}
        if marker:
            answer["Marker"] = marker
        return json.dumps(answer)

    def start_replication_task(self) -> str:
        parameters = self._parameters()
        unsupported = set(parameters) - {"ReplicationTaskArn", "StartReplicationTaskType"}
        if unsupported:
            raise InvalidParameterValueException(
                f"{', '.join(sorted(unsupported))} is not supported by the local endpoint: it has full loads only"
            )
        task = self.dms_backend.start_replication_task(
            parameters["ReplicationTaskArn"], parameters["StartReplicationTaskType"]
        )
        return json.dumps({"ReplicationTask": task.to_dict()})

    def modify_replication_task(self) -> str:
        changes = self._changes(TASK_ATTRIBUTES, {"ReplicationTaskArn"})
        task = self.dms_backend.modify_replication_task(self._parameters()["ReplicationTaskArn"], changes)
        return json.dumps({"ReplicationTask": task.to_dict()})

    def modify_endpoint(self) -> str:
        changes = self._changes(ENDPOINT_ATTRIBUTES, {"EndpointArn"})
        endpoint = self.dms_backend.modify_endpoint(self._parameters()["EndpointArn"], changes)
        return json.dumps({"Endpoint": {k: v for k, v in endpoint.to_dict().items() if v is not None}})

    def describe_replication_tasks(self) -> str:
        parameters = self._parameters()
        tasks = self.dms_backend.find_replication_tasks(parameters.get("Filters", []))
        return self._page_of("ReplicationTasks", tasks, without_settings=parameters.get("WithoutSettings", False))

    def describe_table_statistics(self) -> str:
        parameters = self._parameters()
        task_arn = parameters["ReplicationTaskArn"]
        tables = self.dms_backend.table_statistics(task_arn, parameters.get("Filters", []))
        answer = json.loads(self._page_of("TableStatistics", tables))
        return json.dumps({"ReplicationTaskArn": task_arn, **answer})

    def describe_connections(self) -> str:
        connections = self.dms_backend.find_connections(self._parameters().get("Filters", []))
        return self._page_of("Connections", connections)
