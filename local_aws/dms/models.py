"""The DMS backend: moto's resources, with tasks and connection tests that are carried out."""

from typing import Any

from moto.dms.exceptions import InvalidResourceStateFault, ResourceAlreadyExistsFault, ResourceNotFoundFault
from moto.dms.models import Endpoint

from local_aws.dms.connections import TestedConnection, test_in_background
from local_aws.dms.endpoint_settings import EndpointError, check_endpoint
from local_aws.dms.events import announce_end
from local_aws.dms.exceptions import InvalidParameterValueException
from local_aws.dms.full_loads import filtered_tables
from local_aws.dms.queries import Filters, filtered
from local_aws.dms.replications import Replications
from local_aws.dms.task import FullLoad, ReplicationTask, TableStatistics


class LocalDmsBackend(Replications):
    replication_tasks: dict[str, ReplicationTask]

    def _loads(self) -> list[FullLoad]:
        return [*self.replication_tasks.values(), *self.replications.values()]

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
        """Settings objects are merged, as DMS does unless ExactSettings is given; other attributes are replaced.

        DMS tests the connections of a changed endpoint again by itself
        (https://github.com/hashicorp/terraform-provider-aws/issues/46139).
        """
        endpoint = self.find_endpoint(endpoint_arn)
        before = dict(vars(endpoint))
        for name, value in changes.items():
            known = getattr(endpoint, name)
            setattr(endpoint, name, known | value if isinstance(known, dict) else value)
        try:
            check_endpoint(endpoint)
        except EndpointError as error:
            vars(endpoint).update(before)
            raise InvalidParameterValueException(str(error)) from error
        for connection in self.connections:
            if connection.endpoint_arn == endpoint_arn:
                self.test_connection(connection.replication_instance_arn, endpoint_arn)
        return endpoint

    def delete_endpoint(self, endpoint_arn: str) -> Endpoint:
        self.find_endpoint(endpoint_arn)
        for load in self._loads():
            if endpoint_arn in (load.source_endpoint_arn, load.target_endpoint_arn):
                raise InvalidResourceStateFault(f"Endpoint {endpoint_arn} is in use: delete first {load.title}.")
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
        self.check_load(task)
        self.replication_tasks[task.arn] = task
        if tags:
            self.tagger.tag_resource(task.arn, tags)
        return task

    def modify_replication_task(self, task_arn: str, changes: dict[str, Any]) -> ReplicationTask:
        task = self._task(task_arn)
        self.modify_load(task, changes, self.check_load)
        return task

    def start_replication_task(
        self, replication_task_arn: str, start_type: str = "start-replication"
    ) -> ReplicationTask:
        task = self._task(replication_task_arn)
        instance = self.replication_instances[task.replication_instance_arn]
        self._check_tested(task)
        self.start_load(task, start_type, f"dms-tasks-{instance.id}")
        return task

    def _check_tested(self, task: ReplicationTask) -> None:
        """The last test of either endpoint from the task's instance must have succeeded.

        The sentence as people met it: https://github.com/cockroachdb/cockroach/pull/82182
        """
        tested = {
            connection.endpoint_arn
            for connection in self.connections
            if connection.replication_instance_arn == task.replication_instance_arn
            and connection.status == "successful"
        }
        if not {task.source_endpoint_arn, task.target_endpoint_arn} <= tested:
            raise InvalidResourceStateFault(
                "Test connection for replication instance and endpoint should be successful"
                " for starting the replication task"
            )

    def stop_replication_task(self, replication_task_arn: str) -> ReplicationTask:
        task = self._task(replication_task_arn)
        self.stop_load(task)
        return task

    def delete_replication_task(self, replication_task_arn: str) -> ReplicationTask:
        self.check_deletable(self._task(replication_task_arn))
        return super().delete_replication_task(replication_task_arn)

    def delete_replication_instance(self, replication_instance_arn: str) -> Any:
        for task in list(self.replication_tasks.values()):
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
        return filtered_tables(list(self._task(task_arn).tables.values()), filters)

    def test_connection(self, replication_instance_arn: str, endpoint_arn: str) -> TestedConnection:
        if replication_instance_arn not in self.replication_instances:
            raise ResourceNotFoundFault(f"Replication instance {replication_instance_arn} could not be found.")
        endpoint = self.find_endpoint(endpoint_arn)
        connection = TestedConnection(self.replication_instances[replication_instance_arn], endpoint)
        pair = (replication_instance_arn, endpoint_arn)
        self.connections = [
            known for known in self.connections if (known.replication_instance_arn, known.endpoint_arn) != pair
        ]
        self.connections.append(connection)
        test_in_background(connection, endpoint, self.account_id, self.region_name)
        return connection

    def find_connections(self, filters: Filters) -> list[TestedConnection]:
        connections = filtered(
            self.connections,
            filters,
            {
                "endpoint-arn": lambda connection: connection.endpoint_arn,
                "replication-instance-arn": lambda connection: connection.replication_instance_arn,
            },
        )
        if filters and not connections:
            raise ResourceNotFoundFault("No Connections found matching provided filters")
        return connections

    def resume_after_restart(self) -> None:
        """A run does not outlive the endpoint."""
        for load in self._loads():
            if load.is_active:
                load.fail(f"The endpoint was restarted while {load.title} was {load.status}.")
                announce_end(load)
        for connection in self.connections:
            if connection.status == "testing":
                connection.end("The endpoint was restarted while the connection was being tested.")
