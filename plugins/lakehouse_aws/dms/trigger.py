"""Waits of an AWS DMS full load."""

from typing import Any

from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger

from lakehouse_aws.dms.full_load import class_of
from lakehouse_aws.dms.hook import DmsFullLoadHook


class DmsFullLoadTrigger(AwsBaseWaiterTrigger):
    """Fires when the waiter of `waiters/dms.json` is satisfied.

    The waiters for a load's end are so by a failed load, too: whether it loaded everything is the operator's to judge.

    :param arn: of a replication task or of a serverless replication's configuration
    """

    def __init__(self, *, arn: str, waiter_name: str, **waiter_parameters: Any) -> None:
        kind = class_of(arn)
        super().__init__(
            serialized_fields={"arn": arn, "waiter_name": waiter_name},
            waiter_name=waiter_name,
            waiter_args={"Filters": [{"Name": kind.arn_filter, "Values": [arn]}]},
            failure_message=f"Waiting for the full load {arn} failed",
            status_message=f"Full load {arn}",
            status_queries=[
                f"{kind.descriptions}[0].Status",
                f"{kind.descriptions}[0].{kind.statistics}.FullLoadProgressPercent",
            ],
            return_key="arn",
            return_value=arn,
            **waiter_parameters,
        )

    def hook(self) -> DmsFullLoadHook:
        return DmsFullLoadHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )
