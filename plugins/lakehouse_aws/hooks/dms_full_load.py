"""Full loads of AWS DMS replication tasks: started, attached to, judged and stopped."""

from pathlib import Path
from typing import Any

from airflow.providers.amazon.aws.hooks.dms import DmsHook
from airflow.sdk.exceptions import AirflowException

COMPLETED_STOP_REASON = "FULL_LOAD_ONLY_FINISHED"
COMPLETED_TABLE_STATE = "Table completed"
ACTIVE_STATUSES = frozenset({"starting", "running"})


class DmsFullLoadError(AirflowException):
    """A full load that ended without every table loaded."""


class DmsFullLoadHook(DmsHook):
    """A replication task of type full-load, known by its identifier."""

    @property
    def waiter_path(self) -> Path:
        return Path(__file__).parents[1] / "waiters" / "dms.json"

    def find_task(self, replication_task_identifier: str) -> dict[str, Any]:
        """Raises DmsFullLoadError when the account has no such task."""
        filters = [{"Name": "replication-task-id", "Values": [replication_task_identifier]}]
        try:
            tasks = self.conn.describe_replication_tasks(Filters=filters)["ReplicationTasks"]
        except self.conn.exceptions.ResourceNotFoundFault:
            tasks = []
        if not tasks:
            raise DmsFullLoadError(
                f"There is no DMS replication task {replication_task_identifier!r} in {self.conn_region_name}: "
                "deploy the CloudFormation stack or correct the identifier."
            )
        return tasks[0]

    def start_or_attach(self, replication_task_identifier: str) -> str:
        """Start the task unless it is already loading, and return its ARN.

        `start-replication` is only for a task's first run, `reload-target` for the later ones (API reference of
        StartReplicationTask).
        """
        task = self.find_task(replication_task_identifier)
        arn = task["ReplicationTaskArn"]
        if task["Status"] in ACTIVE_STATUSES:
            self.log.info("%s is already %s: waiting for that load.", replication_task_identifier, task["Status"])
            return arn
        has_run = "ReplicationTaskStartDate" in task or task["Status"] != "ready"
        start_type = "reload-target" if has_run else "start-replication"
        self.log.info("Starting %s with %s.", replication_task_identifier, start_type)
        self.start_replication_task(arn, start_type)
        return arn

    def stop_if_active(self, replication_task_identifier: str) -> None:
        task = self.find_task(replication_task_identifier)
        if task["Status"] in ACTIVE_STATUSES:
            self.stop_replication_task(task["ReplicationTaskArn"])

    def table_statistics(self, replication_task_arn: str) -> list[dict[str, Any]]:
        paginator = self.conn.get_paginator("describe_table_statistics")
        pages = paginator.paginate(ReplicationTaskArn=replication_task_arn)
        return [table for page in pages for table in page["TableStatistics"]]

    def loaded_rows(self, replication_task_identifier: str) -> dict[str, int]:
        """Rows of the finished load by `schema.table`.

        Raises DmsFullLoadError unless the load finished and every table was loaded: by default DMS suspends a table
        that fails and stops as if nothing had happened.
        """
        task = self.find_task(replication_task_identifier)
        tables = self.table_statistics(task["ReplicationTaskArn"])
        faults = load_faults(task, tables)
        if faults:
            raise DmsFullLoadError(f"The full load {replication_task_identifier} failed: {'; '.join(faults)}.")
        return {full_name(table): table["FullLoadRows"] for table in tables}


def load_faults(task: dict[str, Any], tables: list[dict[str, Any]]) -> list[str]:
    """Why an ended task (DescribeReplicationTasks) with its table statistics does not count as loaded."""
    faults = []
    stop_reason = task.get("StopReason", "")
    if task["Status"] != "stopped" or not stop_reason.endswith(COMPLETED_STOP_REASON):
        faults.append(f"it is {task['Status']} ({stop_reason or 'no stop reason'})")
    incomplete = [table for table in tables if table["TableState"] != COMPLETED_TABLE_STATE]
    faults += [f"{full_name(table)} is in state {table['TableState']!r}" for table in incomplete]
    errored = task.get("ReplicationTaskStats", {}).get("TablesErrored", 0)
    if errored and not incomplete:
        faults.append(f"{errored} tables had errors")
    if not tables and not faults:
        faults.append("it selected no table at the source")
    if faults and task.get("LastFailureMessage"):
        faults.append(task["LastFailureMessage"])
    return faults


def full_name(table_statistics: dict[str, Any]) -> str:
    return f"{table_statistics['SchemaName']}.{table_statistics['TableName']}"
