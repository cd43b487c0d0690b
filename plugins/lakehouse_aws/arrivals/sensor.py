"""Waits for files that arrive, and for those that a run before left unfinished."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.sensors.base_aws import AwsBaseSensor
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.arrivals.trigger import ArrivalsTrigger
from lakehouse_aws.arrivals.work import Patience, find_work, prefixes_of
from lakehouse_contract.arrivals.kinds import Arrivals


class ArrivalsSensor(AwsBaseSensor[S3Hook]):
    """Succeed when a run has something to do: settled files, files in a claim, or strays to put aside.

    Deferred while there is nothing.

    :param arrivals: the kind of files
    :param bucket: the lake's bucket
    :param settle_seconds: time that a file has to be unchanged before it is taken for complete
    :param stray_seconds: time after which a file that cannot be loaded by its name is put aside
    """

    aws_hook_class = S3Hook
    template_fields = aws_template_fields("bucket")

    def __init__(
        self, *, arrivals: Arrivals, bucket: str, settle_seconds: float, stray_seconds: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.arrivals = arrivals
        self.bucket = bucket
        self.patience = Patience(settle_seconds, stray_seconds)

    @override
    def poke(self, context: Context) -> bool:
        prefixes = prefixes_of(self.arrivals)
        items = [item for prefix in prefixes for item in self.hook.iter_file_metadata(prefix, self.bucket)]
        key = find_work(self.arrivals, items, self.patience, datetime.now(UTC))
        if key:
            self.log.info("s3://%s/%s waits", self.bucket, key)
        return key is not None

    @override
    def execute(self, context: Context) -> None:
        if self.poke(context):
            return
        self.defer(
            timeout=timedelta(seconds=self.timeout),
            trigger=ArrivalsTrigger(
                arrivals=self.arrivals.name,
                bucket=self.bucket,
                patience=asdict(self.patience),
                poll_interval=self.poke_interval,
                connection=self._hook_parameters,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, _context: Context, event: dict[str, Any]) -> None:
        self.log.info("s3://%s/%s waits", self.bucket, event["key"])
