"""The DMS backend: moto's resources, with tasks and connection tests that are carried out."""

from typing import Any

from moto.dms.exceptions import InvalidResourceStateFault, ResourceAlreadyExistsFault, ResourceNotFoundFault
from moto.dms.models import DatabaseMigrationServiceBackend, Endpoint

from local_aws.dms.connections import TestedConnection, test_in_background
from local_aws.dms.endpoint_settings import EndpointError, check_endpoint, source_of, target_of
from local_aws.dms.exceptions import InvalidParameterValueException
from local_aws.dms.queries import Filters, filtered
from local_aws.dms.runner import start_run, stop_run
from local_aws.dms.specification import LoadSpecification
from local_aws.dms.table_mappings import TableMappingError, TableMappings
from local_aws.dms.task import ReplicationTask, TableStatistics
from local_aws.dms.task_log import TaskLog
from local_aws.dms.task_settings import TaskSettingsError, parse_task_settings

START_TYPES = ("start-replication", "resume-processing", "reload-target")


class LocalDmsBackend(DatabaseMigrationServiceBackend):
    replication_tasks: dict[str, ReplicationTask]

    def _endpoint(self, endpoint_arn: str) -> Endpoint:
        for endpoint in self.endpoints.values():
            if endpoint.endpoint_arn == endpoint_arn:
                return endpoint
        raise ResourceNotFoundFault(f"Endpoint {endpoint_arn} could not be found.")

    def _task(self, task_arn: str) -> ReplicationTask:
        if task_arn not in self.replication_tasks:
            raise ResourceNotFoundFault(f"Replication task {task_arn} could not be found.")
        return self.replication_tasks[task_arn]

    def create_endpoint(self, endpoint_identifier: str, **values: Any) -> Endpoint:
        if endpoint_identifier in self.endpoints:
            raise ResourceAlreadyExistsFault(f"Endpoint {endpoint_identifier} already exists.")
        endpoint = super().create_endpoint(endpoint_identifier=endpoint_identifier, **values)
        try:
            check_endpoint(endpoint)
        except EndpointError as error:
            del self.endpoints[endpoint_identifier]
            raise InvalidParameterValueException(str(error)) from error
        endpoint.status = "active"
        return endpoint

    def modify_endpoint(self, endpoint_arn: str, changes: dict[str, Any]) -> Endpoint:
        """Settings objects are merged, as DMS does unless ExactSettings is given; other attributes are replaced."""
        endpoint = self._endpoint(endpoint_arn)
        before = dict(vars(endpoint))
        for name, value in changes.items():
            known = getattr(endpoint, name)
            setattr(endpoint, name, known | value if isinstance(known, dict) else value)
        try:
            check_endpoint(endpoint)
        except EndpointError as error:
            vars(endpoint).update(before)
            raise InvalidParameterValueException(str(error)) from error
        return endpoint

    def delete_endpoint(self, endpoint_arn: str) -> Endpoint:
        self._endpoint(endpoint_arn)
        for task in self.replication_tasks.values():
            if endpoint_arn in (task.source_endpoint_arn, task.target_endpoint_arn):
                raise InvalidResourceStateFault(
                    f"Endpoint {endpoint_arn} is in use by the replication task {task.id}: delete the task first."
                )
        return super().delete_endpoint(endpoint_arn)

    def create_replication_task(
        self, replication_task_identifier: str, tags: list[dict[str, str]] | None = None, **values: Any
    ) -> ReplicationTask:
        task = ReplicationTask(
            replication_task_identifier=replication_task_identifier,
            account_id=self.account_id,
            region_name=self.region_name,
            **values,
        )
        if task.arn in self.replication_tasks:
            raise ResourceAlreadyExistsFault(f"Replication task {task.id} already exists.")
        if task.replication_instance_arn not in self.replication_instances:
            raise ResourceNotFoundFault(f"Replication instance {task.replication_instance_arn} could not be found.")
        self._check_task(task)
        self.replication_tasks[task.arn] = task
        if tags:
            self.tagger.tag_resource(task.arn, tags)
        return task

    def _check_task(self, task: ReplicationTask) -> None:
        if task.migration_type != "full-load":
            raise InvalidParameterValueException(
                f"MigrationType {task.migration_type} is not supported by the local endpoint: use full-load"
            )
        ends = ((task.source_endpoint_arn, "source"), (task.target_endpoint_arn, "target"))
        for endpoint_arn, endpoint_type in ends:
            if self._endpoint(endpoint_arn).endpoint_type != endpoint_type:
                raise InvalidParameterValueException(f"Endpoint {endpoint_arn} is not a {endpoint_type} endpoint")
        try:
            TableMappings.parse(task.table_mappings)
            parse_task_settings(task.replication_task_settings)
        except (TableMappingError, TaskSettingsError) as error:
            raise InvalidParameterValueException(str(error)) from error

    def modify_replication_task(self, task_arn: str, changes: dict[str, Any]) -> ReplicationTask:
        task = self._task(task_arn)
        if task.is_active:
            raise InvalidResourceStateFault(f"Replication task {task.id} cannot be modified while it is {task.status}.")
        before = {name: getattr(task, name) for name in changes}
        vars(task).update(changes)
        try:
            self._check_task(task)
        except InvalidParameterValueException:
            vars(task).update(before)
            raise
        return task

    def start_replication_task(
        self, replication_task_arn: str, start_type: str = "start-replication"
    ) -> ReplicationTask:
        """The first run is a start-replication, later ones reload the target; a full load has nothing to resume."""
        task = self._task(replication_task_arn)
        if start_type not in START_TYPES:
            raise InvalidParameterValueException(f"StartReplicationTaskType must be one of {', '.join(START_TYPES)}")
        if task.is_active:
            raise InvalidResourceStateFault(f"Replication task {task.id} cannot be started while it is {task.status}.")
        if start_type == "resume-processing":
            raise InvalidResourceStateFault(
                "Start Type : RESUME_PROCESSING, not valid for a full-load task: use reload-target."
            )
        if start_type == "start-replication" and task.run_number:
            raise InvalidResourceStateFault(
                "Start Type : START_REPLICATION, valid only for tasks running for the first time: use reload-target."
            )
        self._run(task)
        return task

    def _run(self, task: ReplicationTask) -> None:
        task.begin()
        try:
            specification = LoadSpecification(
                source=source_of(self._endpoint(task.source_endpoint_arn), self.account_id, self.region_name),
                target=target_of(self._endpoint(task.target_endpoint_arn)),
                table_mappings=task.table_mappings,
                settings=parse_task_settings(task.replication_task_settings),
            )
        except EndpointError as error:
            task.fail(str(error))
            return
        start_run(task, specification, self._log_of(task, specification.settings.is_logging_enabled))

    def _log_of(self, task: ReplicationTask, is_enabled: bool) -> TaskLog:
        instance = self.replication_instances[task.replication_instance_arn]
        return TaskLog(self.account_id, self.region_name, f"dms-tasks-{instance.id}", f"dms-task-{task.id}", is_enabled)

    def stop_replication_task(self, replication_task_arn: str) -> ReplicationTask:
        task = self._task(replication_task_arn)
        if task.status not in {"starting", "running"}:
            raise InvalidResourceStateFault(f"Replication task {task.id} is {task.status}, not running.")
        task.status = "stopping"
        stop_run(task)
        return task

    def delete_replication_task(self, replication_task_arn: str) -> ReplicationTask:
        task = self._task(replication_task_arn)
        if task.is_active:
            raise InvalidResourceStateFault(
                f"Replication task {task.id} cannot be deleted while it is {task.status}: stop it first."
            )
        return super().delete_replication_task(replication_task_arn)

    def delete_replication_instance(self, replication_instance_arn: str) -> Any:
        for task in self.replication_tasks.values():
            if task.replication_instance_arn == replication_instance_arn:
                raise InvalidResourceStateFault(
                    f"Replication instance {replication_instance_arn} has the task {task.id}: delete the task first."
                )
        return super().delete_replication_instance(replication_instance_arn)

    def find_replication_tasks(self, filters: Filters) -> list[ReplicationTask]:
        tasks = filtered(
            list(self.replication_tasks.values()),
            filters,
            {
                "replication-task-arn": lambda task: task.arn,
                "replication-task-id": lambda task: task.id,
                "migration-type": lambda task: task.migration_type,
                "endpoint-arn": lambda task: (task.source_endpoint_arn, task.target_endpoint_arn),
                "replication-instance-arn": lambda task: task.replication_instance_arn,
            },
        )
        if filters and not tasks:
            raise ResourceNotFoundFault("No Tasks found matching provided filters")
        return tasks

    def table_statistics(self, task_arn: str, filters: Filters) -> list[TableStatistics]:
        return filtered(
            list(self._task(task_arn).tables.values()),
            filters,
            {
                "schema-name": lambda table: table.schema,
                "table-name": lambda table: table.table,
                "table-state": lambda table: table.state,
            },
        )

    def test_connection(self, replication_instance_arn: str, endpoint_arn: str) -> TestedConnection:
        if replication_instance_arn not in self.replication_instances:
            raise ResourceNotFoundFault(f"Replication instance {replication_instance_arn} could not be found.")
        endpoint = self._endpoint(endpoint_arn)
        connection = TestedConnection(self.replication_instances[replication_instance_arn], endpoint)
        pair = (replication_instance_arn, endpoint_arn)
        self.connections = [
            known for known in self.connections if (known.replication_instance_arn, known.endpoint_arn) != pair
        ]
        self.connections.append(connection)
        test_in_background(connection, endpoint, self.account_id, self.region_name)
        return connection

    def find_connections(self, filters: Filters) -> list[TestedConnection]:
        return filtered(
            self.connections,
            filters,
            {
                "endpoint-arn": lambda connection: connection.endpoint_arn,
                "replication-instance-arn": lambda connection: connection.replication_instance_arn,
            },
        )

    def resume_after_restart(self) -> None:
        """A run does not outlive the endpoint."""
        for task in self.replication_tasks.values():
            if task.is_active:
                task.fail(f"The endpoint was restarted while the replication task {task.id} was {task.status}.")
        for connection in self.connections:
            if connection.status == "testing":
                connection.end("The endpoint was restarted while the connection was being tested.")
