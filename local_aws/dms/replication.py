"""A serverless replication and its configuration, as the API shows them."""

from datetime import timedelta
from typing import Any, ClassVar

from moto.core.utils import utcnow
from moto.utilities.utils import get_partition

from local_aws.dms.task import FullLoad, TableStatistics, epoch, without_nulls
from local_aws.settings import endpoint_settings


class Replication(FullLoad):
    """A full load on capacity that DMS provides for the time of its run."""

    kind: ClassVar[str] = "Serverless replication"
    starting_status: ClassVar[str] = "initializing"

    def __init__(
        self,
        *,
        identifier: str,
        resource_identifier: str,
        account_id: str,
        region_name: str,
        migration_type: str,
        source_endpoint_arn: str,
        target_endpoint_arn: str,
        table_mappings: str,
        compute_config: dict[str, Any],
        replication_settings: str | None = None,
    ) -> None:
        super().__init__()
        self.id = identifier
        partition = get_partition(region_name)
        self.arn = f"arn:{partition}:dms:{region_name}:{account_id}:replication-config:{resource_identifier}"
        self.migration_type = migration_type
        self.source_endpoint_arn = source_endpoint_arn
        self.target_endpoint_arn = target_endpoint_arn
        self.table_mappings = table_mappings
        self.compute_config = compute_config
        self.replication_settings = replication_settings
        self.status = "created"
        self.creation_date = self.update_date = utcnow()
        self.start_type: str | None = None

    @property
    def settings(self) -> str | None:
        return self.replication_settings

    @property
    def provision_state(self) -> str:
        if not self.start_date:
            return ""
        idle = utcnow() - self.stop_date if self.stop_date else timedelta()
        if idle < self._kept:
            return "provisioned"
        giving_back = timedelta(seconds=endpoint_settings().replication_capacity_seconds[1])
        return "deprovisioning" if idle < self._kept + giving_back else "deprovisioned"

    @property
    def _kept(self) -> timedelta:
        """How long it is provisioned after its stop."""
        return timedelta(seconds=endpoint_settings().replication_capacity_seconds[0])

    @property
    def kept_tables(self) -> list[TableStatistics]:
        return list(self.tables.values()) if self.provision_state == "provisioned" else []

    def _provision_data(self) -> dict[str, Any] | None:
        if not self.start_date:
            return None
        is_provisioned = self.provision_state == "provisioned"
        return {
            "ProvisionState": self.provision_state,
            "ProvisionedCapacityUnits": self.compute_config["MaxCapacityUnits"] if is_provisioned else 0,
            "DateProvisioned": epoch(self.start_date),
        }

    def _names(self) -> dict[str, str]:
        return {
            "ReplicationConfigIdentifier": self.id,
            "ReplicationConfigArn": self.arn,
            "SourceEndpointArn": self.source_endpoint_arn,
            "TargetEndpointArn": self.target_endpoint_arn,
            "ReplicationType": self.migration_type,
        }

    def to_dict(self) -> dict[str, Any]:
        """The `Replication` of DescribeReplications."""
        return self._names() | without_nulls(
            {
                "Status": self.status,
                "ProvisionData": self._provision_data(),
                "StopReason": self.stop_reason,
                "FailureMessages": [self.last_failure_message] if self.last_failure_message else None,
                "ReplicationStats": self.statistics() if self.start_date else None,
                "StartReplicationType": self.start_type,
                "ReplicationCreateTime": epoch(self.creation_date),
                "ReplicationUpdateTime": epoch(self.update_date),
                "ReplicationLastStopTime": epoch(self.stop_date),
                "ReplicationDeprovisionTime": epoch(self.stop_date and self.stop_date + self._kept),
            }
        )

    def config_dict(self) -> dict[str, Any]:
        """The `ReplicationConfig` of DescribeReplicationConfigs."""
        return self._names() | without_nulls(
            {
                "ComputeConfig": self.compute_config,
                "ReplicationSettings": self.replication_settings,
                "TableMappings": self.table_mappings,
                "ReplicationConfigCreateTime": epoch(self.creation_date),
                "ReplicationConfigUpdateTime": epoch(self.update_date),
            }
        )
