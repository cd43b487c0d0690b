"""Removes snapshots that nobody will roll back to."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.hooks.snapshot import SnapshotHook


class ExpireSnapshotsOperator(AwsBaseOperator[SnapshotHook]):
    """Delete snapshots older than the retention, except the published and the previously published one.

    Returns the ids of the deleted snapshots.

    :param bucket: the lake's bucket
    :param database: the Glue database that publishes one of the snapshots
    :param retention: age that a snapshot reaches before it is deleted
    """

    aws_hook_class = SnapshotHook
    template_fields = aws_template_fields("bucket", "database")

    def __init__(self, *, bucket: str, database: str, retention: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database
        self.retention = retention

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> list[str]:
        expired = self.hook.expire(older_than=datetime.now(UTC) - self.retention)
        self.log.info("Deleted snapshots: %s", ", ".join(expired) or "none")
        return expired
