"""Runs an AWS DMS full load to its end."""

from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.hooks.dms_full_load import DmsFullLoadError, DmsFullLoadHook
from lakehouse_aws.polling import attempts_within
from lakehouse_aws.triggers.dms_full_load import DmsFullLoadTrigger


class DmsFullLoadOperator(AwsBaseOperator[DmsFullLoadHook]):
    """Load all tables of a replication task and return the rows of each: `{"public.customers": 2000, …}`.

    A task that is already loading is waited for, so that a retry does not fail on its own first try. The load counts
    as done only when DMS stopped because the full load finished and no table had an error.

    :param replication_task_identifier: name of a replication task of type full-load
    :param poll_interval: seconds between two looks at the task's status
    """

    aws_hook_class = DmsFullLoadHook
    template_fields = aws_template_fields("replication_task_identifier")

    def __init__(self, *, replication_task_identifier: str, poll_interval: int = 30, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.replication_task_identifier = replication_task_identifier
        self.poll_interval = poll_interval

    @override
    def execute(self, context: Context) -> None:
        self.defer(
            trigger=DmsFullLoadTrigger(
                replication_task_arn=self.hook.start_or_attach(self.replication_task_identifier),
                waiter_delay=self.poll_interval,
                waiter_max_attempts=attempts_within(self.execution_timeout, self.poll_interval),
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                verify=self.verify,
                botocore_config=self.botocore_config,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, _context: Context, event: dict[str, Any] | None = None) -> dict[str, int]:
        validated_event = validate_execute_complete_event(event)
        if validated_event["status"] != "success":
            raise DmsFullLoadError(validated_event["message"])
        rows = self.hook.loaded_rows(self.replication_task_identifier)
        for table, count in rows.items():
            self.log.info("%s: %s rows", table, count)
        return rows

    def on_kill(self) -> None:
        self.hook.stop_if_active(self.replication_task_identifier)
