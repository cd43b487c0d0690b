"""What replication tasks and serverless replications have in common: their endpoints, checks and runs."""

from collections.abc import Callable
from typing import Any, TypeVar

from moto.dms.exceptions import InvalidResourceStateFault, ResourceNotFoundFault
from moto.dms.models import DatabaseMigrationServiceBackend, Endpoint

from local_aws.dms.endpoint_settings import EndpointError, source_of, target_of
from local_aws.dms.exceptions import InvalidParameterValueException
from local_aws.dms.queries import Filters, filtered
from local_aws.dms.runner import start_run, stop_run
from local_aws.dms.specification import LoadSpecification
from local_aws.dms.table_mappings import TableMappingError, TableMappings
from local_aws.dms.task import FullLoad, TableStatistics
from local_aws.dms.task_log import TaskLog
from local_aws.dms.task_settings import TaskSettingsError, parse_task_settings

START_TYPES = ("start-replication", "resume-processing", "reload-target")

Load = TypeVar("Load", bound=FullLoad)


class FullLoads(DatabaseMigrationServiceBackend):
    def find_endpoint(self, endpoint_arn: str) -> Endpoint:
        for endpoint in list(self.endpoints.values()):
            if endpoint.endpoint_arn == endpoint_arn:
                return endpoint
        raise ResourceNotFoundFault(f"Endpoint {endpoint_arn} could not be found.")

    def check_load(self, load: FullLoad) -> None:
        if load.migration_type != "full-load":
            raise InvalidParameterValueException(
                f"The migration type {load.migration_type} is not supported by the local endpoint: use full-load"
            )
        ends = ((load.source_endpoint_arn, "source"), (load.target_endpoint_arn, "target"))
        for endpoint_arn, endpoint_type in ends:
            if self.find_endpoint(endpoint_arn).endpoint_type != endpoint_type:
                raise InvalidParameterValueException(f"Endpoint {endpoint_arn} is not a {endpoint_type} endpoint")
        try:
            TableMappings.parse(load.table_mappings)
            parse_task_settings(load.settings)
        except (TableMappingError, TaskSettingsError) as error:
            raise InvalidParameterValueException(str(error)) from error

    def modify_load(self, load: Load, changes: dict[str, Any], check: Callable[[Load], None]) -> None:
        """Change attributes of the load, unless it is active or the check refuses what it would be then."""
        if load.is_active:
            raise InvalidResourceStateFault(f"{load.title} cannot be modified while it is {load.status}.")
        before = {name: getattr(load, name) for name in changes}
        vars(load).update(changes)
        try:
            check(load)
        except (InvalidParameterValueException, ResourceNotFoundFault):
            vars(load).update(before)
            raise

    def start_load(self, load: FullLoad, start_type: str, log_group: str) -> None:
        """The first run is a start-replication, later ones reload the target; a full load has nothing to resume."""
        if start_type not in START_TYPES:
            raise InvalidParameterValueException(f"The start type must be one of {', '.join(START_TYPES)}")
        if load.is_active:
            raise InvalidResourceStateFault(f"{load.title} cannot be started while it is {load.status}.")
        if start_type == "resume-processing":
            raise InvalidResourceStateFault(
                "Start Type : RESUME_PROCESSING, not valid for a full-load task: use reload-target."
            )
        if start_type == "start-replication" and load.run_number:
            raise InvalidResourceStateFault(
                "Start Type : START_REPLICATION, valid only for tasks running for the first time: use reload-target."
            )
        load.begin()
        try:
            specification = LoadSpecification(
                source=source_of(self.find_endpoint(load.source_endpoint_arn), self.account_id, self.region_name),
                target=target_of(self.find_endpoint(load.target_endpoint_arn)),
                table_mappings=load.table_mappings,
                settings=parse_task_settings(load.settings),
            )
        except EndpointError as error:
            load.fail(str(error))
            return
        is_logged = specification.settings.is_logging_enabled
        log = TaskLog(self.account_id, self.region_name, log_group, f"dms-task-{load.id}", is_logged)
        start_run(load, specification, log)

    def stop_load(self, load: FullLoad) -> None:
        if load.status not in {load.starting_status, "running"}:
            raise InvalidResourceStateFault(f"{load.title} is {load.status}, not running.")
        load.status = "stopping"
        stop_run(load)

    def check_deletable(self, load: FullLoad) -> None:
        if load.is_active:
            raise InvalidResourceStateFault(f"{load.title} cannot be deleted while it is {load.status}: stop it first.")


def filtered_tables(tables: list[TableStatistics], filters: Filters) -> list[TableStatistics]:
    return filtered(
        tables,
        filters,
        {
            "schema-name": lambda table: table.schema,
            "table-name": lambda table: table.table,
            "table-state": lambda table: table.state,
        },
    )
