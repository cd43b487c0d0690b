"""Waits for files that arrive, and for those that a run before left unfinished."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.sensors.base_aws import AwsBaseSensor
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.stock_files.trigger import StockFilesTrigger
from lakehouse_aws.stock_files.work import PREFIXES, Patience, find_work


class StockFilesSensor(AwsBaseSensor[S3Hook]):
    """Succeed when a run has something to do: settled stock files, files in a claim, or strays to put aside.

    Deferred while there is nothing.

    :param bucket: the lake's bucket
    :param settle_seconds: time that a file has to be unchanged before it is taken for complete
    :param stray_seconds: time after which a file that is no stock file by its name is put aside
    """

    aws_hook_class = S3Hook
    template_fields = aws_template_fields("bucket")

    def __init__(self, *, bucket: str, settle_seconds: float, stray_seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.patience = Patience(settle_seconds, stray_seconds)

    @override
    def poke(self, context: Context) -> bool:
        items = [item for prefix in PREFIXES for item in self.hook.iter_file_metadata(prefix, self.bucket)]
        key = find_work(items, self.patience, datetime.now(UTC))
        if key:
            self.log.info("s3://%s/%s waits", self.bucket, key)
        return key is not None

    @override
    def execute(self, context: Context) -> None:
        if self.poke(context):
            return
        self.defer(
            timeout=timedelta(seconds=self.timeout),
            trigger=StockFilesTrigger(
                bucket=self.bucket,
                patience=asdict(self.patience),
                poll_interval=self.poke_interval,
                connection=self._hook_parameters,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, _context: Context, event: dict[str, Any]) -> None:
        self.log.info("s3://%s/%s waits", self.bucket, event["key"])
