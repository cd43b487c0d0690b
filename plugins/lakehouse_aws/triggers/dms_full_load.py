"""Waits for the end of an AWS DMS full load."""

from typing import Any

from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger

from lakehouse_aws.hooks.dms_full_load import DmsFullLoadHook


class DmsFullLoadTrigger(AwsBaseWaiterTrigger):
    """Fires when the task has stopped or failed; whether it loaded everything is the operator's to judge."""

    def __init__(self, *, replication_task_arn: str, **waiter_parameters: Any) -> None:
        super().__init__(
            serialized_fields={"replication_task_arn": replication_task_arn},
            waiter_name="full_load_ended",
            waiter_args={
                "Filters": [{"Name": "replication-task-arn", "Values": [replication_task_arn]}],
                "WithoutSettings": True,
            },
            failure_message=f"Waiting for the full load {replication_task_arn} failed",
            status_message=f"Full load {replication_task_arn}",
            status_queries=[
                "ReplicationTasks[0].Status",
                "ReplicationTasks[0].ReplicationTaskStats.FullLoadProgressPercent",
            ],
            return_key="replication_task_arn",
            return_value=replication_task_arn,
            **waiter_parameters,
        )

    def hook(self) -> DmsFullLoadHook:
        return DmsFullLoadHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )
