"""Runs an AWS DMS full load to its end."""

from typing import Any, NoReturn

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from typing_extensions import override

from lakehouse_aws.dms.full_load import FullLoad
from lakehouse_aws.dms.hook import DmsFullLoadError, DmsFullLoadHook
from lakehouse_aws.dms.trigger import DmsFullLoadTrigger
from lakehouse_aws.polling import attempts_within

FAILED_LOADS = 3
ENDED_AT = "ended_at"


class DmsFullLoadOperator(AwsBaseOperator[DmsFullLoadHook]):
    """Load all tables of a full load and return the rows of each: `{"public.customers": 2000, …}`.

    The XCom ENDED_AT has the time at which DMS ended the load, which tells it from a later one.

    A load that is under way is waited for, so that a retry does not fail on its own first try. Where DMS refuses to
    start a task because its connections were not tested, they are tested first. The load counts as done only when DMS
    stopped because the full load finished and no table had an error. One that failed is started again twice: it reads
    whole tables of the source.

    :param full_load: identifier of a replication task, or of a serverless replication's configuration, that is of
        type full-load
    :param poll_interval: seconds between two looks at the load's status
    """

    aws_hook_class = DmsFullLoadHook
    template_fields = aws_template_fields("full_load")

    def __init__(self, *, full_load: str, poll_interval: int = 30, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.full_load = full_load
        self.poll_interval = poll_interval

    @override
    def execute(self, context: Context) -> None:
        load = self.hook.find(self.full_load)
        if load.is_deprovisioning:
            self._wait_for(load, "serverless_replication_deprovisioned", "start")
        self.start(context)

    def start(self, _context: Context, event: dict[str, Any] | None = None) -> None:
        if event:
            self._check(event)
        load = self.hook.start_or_attach(self.full_load)
        self._wait_for(load, load.ended_waiter, "execute_complete")

    def _wait_for(self, load: FullLoad, waiter_name: str, method_name: str) -> NoReturn:
        self.defer(
            trigger=DmsFullLoadTrigger(
                arn=load.arn,
                waiter_name=waiter_name,
                waiter_delay=self.poll_interval,
                waiter_max_attempts=attempts_within(self.execution_timeout, self.poll_interval),
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                verify=self.verify,
                botocore_config=self.botocore_config,
            ),
            method_name=method_name,
        )

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, int]:
        try:
            self._check(event)
            load, rows = self.hook.finished_load(self.full_load)
        except DmsFullLoadError as error:
            if context["ti"].try_number >= FAILED_LOADS:
                raise AirflowFailException(str(error)) from None
            raise
        for table, count in rows.items():
            self.log.info("%s: %s rows", table, count)
        context["ti"].xcom_push(ENDED_AT, load.ended_at.isoformat())
        return rows

    @staticmethod
    def _check(event: dict[str, Any] | None) -> None:
        validated_event = validate_execute_complete_event(event)
        if validated_event["status"] != "success":
            raise DmsFullLoadError(validated_event["message"])

    def on_kill(self) -> None:
        self.hook.stop_if_active(self.full_load)
