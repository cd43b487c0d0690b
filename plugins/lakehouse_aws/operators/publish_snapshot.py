"""Makes a snapshot the one that readers see."""

from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.hooks.snapshot import SnapshotHook


class PublishSnapshotOperator(AwsBaseOperator[SnapshotHook]):
    """Move the catalog's tables to a snapshot.

    Returns `{"snapshot": …, "tables": {name: {"location", "rows", "copy_manifest"}}}`; the last is the S3 URL of the
    manifest by which Redshift copies the table. Nothing moves unless every table of the snapshot is there. A retry
    completes what a broken try began.

    :param bucket: the lake's bucket
    :param database: the Glue database
    :param snapshot: id of a complete snapshot
    """

    aws_hook_class = SnapshotHook
    template_fields = aws_template_fields("bucket", "database", "snapshot")

    def __init__(self, *, bucket: str, database: str, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database
        self.snapshot = snapshot

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> dict[str, Any]:
        tables = self.hook.publish(self.snapshot)
        for table in tables:
            self.log.info("%s: %s rows at %s", table.name, table.rows, table.location)
        return {
            "snapshot": self.snapshot,
            "tables": {
                table.name: {
                    "location": table.location,
                    "rows": table.rows,
                    "copy_manifest": self.hook.write_copy_manifest(self.snapshot, table),
                }
                for table in tables
            },
        }
