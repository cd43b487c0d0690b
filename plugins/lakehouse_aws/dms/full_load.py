"""The two things in AWS DMS that carry out a full load: a replication task on an instance, a serverless replication."""

import json
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Self

from botocore.client import BaseClient

from lakehouse_aws.dms.connections import Connections

# The statuses of a serverless replication from its start to its end: "replication states" in
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Serverless.Components.html
SERVERLESS_RUN = frozenset(
    {
        "initializing",
        "preparing_metadata_resources",
        "testing_connection",
        "fetching_metadata",
        "calculating_capacity",
        "provisioning_capacity",
        "replication_starting",
        "running",
    }
)
COMPLETED_STOP_REASON = "FULL_LOAD_ONLY_FINISHED"
COMPLETED_TABLE_STATE = "Table completed"
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.TargetMetadata.html
DEFAULT_LOB_KILOBYTES = 32


class FullLoad(ABC):
    """A full load as DMS described it last; the class variables are its names in the API."""

    id_filter: ClassVar[str]
    arn_filter: ClassVar[str]
    arn_field: ClassVar[str]
    describe: ClassVar[str]
    descriptions: ClassVar[str]
    statistics: ClassVar[str]
    describe_tables: ClassVar[str]
    tables: ClassVar[str]
    ended_waiter: ClassVar[str]

    def __init__(self, client: BaseClient, description: dict[str, Any]) -> None:
        self.client = client
        self.description = description

    @classmethod
    def find(cls, client: BaseClient, identifier: str) -> Self | None:
        filters = [{"Name": cls.id_filter, "Values": [identifier]}]
        try:
            found = getattr(client, cls.describe)(Filters=filters)[cls.descriptions]
        except client.exceptions.ResourceNotFoundFault:
            return None
        return cls(client, found[0]) if found else None

    @property
    def arn(self) -> str:
        return self.description[self.arn_field]

    @property
    def status(self) -> str:
        return self.description["Status"]

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The task settings."""

    @property
    def lob_limit_bytes(self) -> int:
        """Where large objects are cut in limited LOB mode, the only one of S3 targets."""
        return int(self.settings.get("TargetMetadata", {}).get("LobMaxSize", DEFAULT_LOB_KILOBYTES)) * 1024

    @property
    def stop_reason(self) -> str:
        return self.description.get("StopReason", "")

    @property
    def tables_errored(self) -> int:
        return self.description.get(self.statistics, {}).get("TablesErrored", 0)

    @property
    @abstractmethod
    def ended_at(self) -> datetime | None:
        """When the last load ended, which tells it from the others; None before the first one."""

    @property
    @abstractmethod
    def is_active(self) -> bool: ...

    @property
    @abstractmethod
    def has_run(self) -> bool: ...

    @property
    def is_deprovisioning(self) -> bool:
        """Whether DMS takes away its capacity: until that is done the load can't be started."""
        return False

    @property
    def connections(self) -> Connections | None:
        """What has to be tested before the load can start; None where DMS tests by itself."""
        return None

    @property
    @abstractmethod
    def failure_message(self) -> str: ...

    @property
    def reason_for_no_tables(self) -> str:
        """Why a finished load has no table statistics."""
        return "it selected no table at the source"

    def start(self) -> None:
        """Start the load's first run, or load everything again.

        `start-replication` is only for the first run, `reload-target` for the later ones (API references of
        StartReplicationTask and StartReplication).
        """
        self._start("reload-target" if self.has_run else "start-replication")

    @abstractmethod
    def _start(self, start_type: str) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    def table_statistics(self) -> list[dict[str, Any]]:
        """All pages; boto3 has no paginator for those of a serverless replication."""
        describe = getattr(self.client, self.describe_tables)
        page = describe(**{self.arn_field: self.arn})
        tables = page[self.tables]
        while marker := page.get("Marker"):
            page = describe(**{self.arn_field: self.arn}, Marker=marker)
            tables += page[self.tables]
        return tables


class ReplicationTask(FullLoad):
    id_filter = "replication-task-id"
    arn_filter = "replication-task-arn"
    arn_field = "ReplicationTaskArn"
    describe = "describe_replication_tasks"
    descriptions = "ReplicationTasks"
    statistics = "ReplicationTaskStats"
    describe_tables = "describe_table_statistics"
    tables = "TableStatistics"
    ended_waiter = "replication_task_ended"

    @property
    def ended_at(self) -> datetime | None:
        return self.description.get(self.statistics, {}).get("StopDate")

    @property
    def is_active(self) -> bool:
        return self.status in {"starting", "running"}

    @property
    def has_run(self) -> bool:
        return "ReplicationTaskStartDate" in self.description or self.status != "ready"

    @property
    def settings(self) -> dict[str, Any]:
        return json.loads(self.description.get("ReplicationTaskSettings") or "{}")

    @property
    def connections(self) -> Connections:
        endpoint_arns = [self.description["SourceEndpointArn"], self.description["TargetEndpointArn"]]
        return Connections(self.client, self.description["ReplicationInstanceArn"], endpoint_arns)

    @property
    def failure_message(self) -> str:
        return self.description.get("LastFailureMessage", "")

    def _start(self, start_type: str) -> None:
        self.client.start_replication_task(ReplicationTaskArn=self.arn, StartReplicationTaskType=start_type)

    def stop(self) -> None:
        self.client.stop_replication_task(ReplicationTaskArn=self.arn)


class ServerlessReplication(FullLoad):
    id_filter = "replication-config-id"
    arn_filter = "replication-config-arn"
    arn_field = "ReplicationConfigArn"
    describe = "describe_replications"
    descriptions = "Replications"
    statistics = "ReplicationStats"
    describe_tables = "describe_replication_table_statistics"
    tables = "ReplicationTableStatistics"
    ended_waiter = "serverless_replication_ended"

    @property
    def ended_at(self) -> datetime | None:
        """Of the replication itself: its statistics are lost with the capacity."""
        return self.description.get("ReplicationLastStopTime")

    @property
    def is_active(self) -> bool:
        return self.status in SERVERLESS_RUN

    @property
    def has_run(self) -> bool:
        return self.status != "created"

    @property
    def settings(self) -> dict[str, Any]:
        filters = [{"Name": self.id_filter, "Values": [self.description["ReplicationConfigIdentifier"]]}]
        (config,) = self.client.describe_replication_configs(Filters=filters)["ReplicationConfigs"]
        return json.loads(config.get("ReplicationSettings") or "{}")

    @property
    def provision_state(self) -> str:
        return self.description.get("ProvisionData", {}).get("ProvisionState", "")

    @property
    def is_deprovisioning(self) -> bool:
        return self.provision_state == "deprovisioning"

    @property
    def failure_message(self) -> str:
        return "; ".join(self.description.get("FailureMessages", []))

    @property
    def reason_for_no_tables(self) -> str:
        """Table statistics are lost with the capacity (limitations of DMS Serverless)."""
        if self.provision_state == "provisioned":
            return super().reason_for_no_tables
        return "DMS has given back its capacity, and with it the rows of each table, before they were read"

    def _start(self, start_type: str) -> None:
        self.client.start_replication(ReplicationConfigArn=self.arn, StartReplicationType=start_type)

    def stop(self) -> None:
        self.client.stop_replication(ReplicationConfigArn=self.arn)


def class_of(arn: str) -> type[FullLoad]:
    return ServerlessReplication if ":replication-config:" in arn else ReplicationTask


def load_faults(load: FullLoad, tables: list[dict[str, Any]]) -> list[str]:
    """Why an ended load with its table statistics does not count as loaded."""
    faults = []
    if load.status != "stopped" or not load.stop_reason.endswith(COMPLETED_STOP_REASON):
        faults.append(f"it is {load.status} ({load.stop_reason or 'no stop reason'})")
    incomplete = [table for table in tables if table["TableState"] != COMPLETED_TABLE_STATE]
    faults += [f"{full_name(table)} is in state {table['TableState']!r}" for table in incomplete]
    if load.tables_errored and not incomplete:
        faults.append(f"{load.tables_errored} tables had errors")
    if not tables and not faults:
        faults.append(load.reason_for_no_tables)
    if faults and load.failure_message:
        faults.append(load.failure_message)
    return faults


def full_name(table_statistics: dict[str, Any]) -> str:
    return f"{table_statistics['SchemaName']}.{table_statistics['TableName']}"
