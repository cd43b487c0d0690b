"""The serverless part of the DMS backend: replication configurations and their runs."""

from typing import Any

from moto.core.utils import utcnow
from moto.dms.exceptions import InvalidResourceStateFault, ResourceAlreadyExistsFault, ResourceNotFoundFault
from moto.moto_api._internal import mock_random

from local_aws.dms.exceptions import InvalidParameterValueException
from local_aws.dms.full_loads import FullLoads, filtered_tables
from local_aws.dms.queries import Filters, filtered
from local_aws.dms.replication import Replication
from local_aws.dms.task import TableStatistics

# https://docs.aws.amazon.com/dms/latest/APIReference/API_ComputeConfig.html
CAPACITY_UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384)


class Replications(FullLoads):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.replications: dict[str, Replication] = {}

    def find_replication(self, config_arn: str) -> Replication:
        if config_arn not in self.replications:
            raise ResourceNotFoundFault(f"Replication config {config_arn} could not be found.")
        return self.replications[config_arn]

    def _check_replication(self, replication: Replication) -> None:
        for name in ("MinCapacityUnits", "MaxCapacityUnits"):
            units = replication.compute_config.get(name, CAPACITY_UNITS[0])
            if units not in CAPACITY_UNITS:
                choices = ", ".join(str(choice) for choice in CAPACITY_UNITS)
                raise InvalidParameterValueException(f"{name} {units} is not one of {choices}")
        if "MaxCapacityUnits" not in replication.compute_config:
            raise InvalidParameterValueException("ComputeConfig.MaxCapacityUnits is missing")
        self.check_load(replication)

    def create_replication_config(
        self,
        identifier: str,
        resource_identifier: str | None = None,
        tags: list[dict[str, str]] | None = None,
        **values: Any,
    ) -> Replication:
        if any(known.id == identifier for known in list(self.replications.values())):
            raise ResourceAlreadyExistsFault(f"Replication config {identifier} already exists.")
        replication = Replication(
            identifier=identifier,
            resource_identifier=resource_identifier or mock_random.get_random_string(26).upper(),
            account_id=self.account_id,
            region_name=self.region_name,
            **values,
        )
        self._check_replication(replication)
        self.replications[replication.arn] = replication
        if tags:
            self.tagger.tag_resource(replication.arn, tags)
        return replication

    def modify_replication_config(self, config_arn: str, changes: dict[str, Any]) -> Replication:
        replication = self.find_replication(config_arn)
        merged = {"compute_config": replication.compute_config | changes.get("compute_config", {})}
        self.modify_load(replication, changes | merged, self._check_replication)
        replication.update_date = utcnow()
        return replication

    def delete_replication_config(self, config_arn: str) -> Replication:
        self.check_deletable(self.find_replication(config_arn))
        return self.replications.pop(config_arn)

    def find_replications(self, filters: Filters) -> list[Replication]:
        replications = filtered(
            list(self.replications.values()),
            filters,
            {
                "replication-config-arn": lambda replication: replication.arn,
                "replication-config-id": lambda replication: replication.id,
            },
        )
        if filters and not replications:
            raise ResourceNotFoundFault("No Replication Configs found matching provided filters")
        return replications

    def start_replication(self, config_arn: str, start_type: str) -> Replication:
        replication = self.find_replication(config_arn)
        if replication.provision_state == "deprovisioning":
            raise InvalidResourceStateFault(f"{replication.title} cannot be started while it is deprovisioning.")
        replication.start_type = start_type
        self.start_load(replication, start_type, f"dms-serverless-replication-{config_arn.rpartition(':')[2]}")
        return replication

    def stop_replication(self, config_arn: str) -> Replication:
        replication = self.find_replication(config_arn)
        self.stop_load(replication)
        return replication

    def replication_table_statistics(self, config_arn: str, filters: Filters) -> list[TableStatistics]:
        return filtered_tables(self.find_replication(config_arn).kept_tables, filters)
