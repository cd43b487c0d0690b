"""Takes arrived files out of the landing prefix."""

import time
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from typing_extensions import override

from lakehouse_aws.hooks.stock_commits import StockCommitsHook
from lakehouse_aws.hooks.stock_files import settled_before

POLL_SECONDS = 0.5


class ClaimFilesOperator(AwsBaseOperator[StockCommitsHook]):
    """Move the arrived files into this run's claim, with those that runs before left unfinished.

    Returns `{"claim": key of the claim's description, "files": their number}`; skipped when there is none. What an
    earlier run committed and did not complete is completed first, so that its files are not taken for unfinished.

    :param bucket: the lake's bucket
    :param database: the Glue database
    :param settle_seconds: time that a file has to be unchanged before it is taken for complete
    """

    aws_hook_class = StockCommitsHook
    template_fields = aws_template_fields("bucket", "database")

    def __init__(self, *, bucket: str, database: str, settle_seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database
        self.settle_seconds = settle_seconds

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> dict[str, Any]:
        if latest := self.hook.latest():
            self.hook.complete(latest)
        self._wait_until_settled()
        claim = self.hook.files.claim(self.bucket, context["run_id"], settled_before(self.settle_seconds))
        if claim is None:
            raise AirflowSkipException("No file is complete: what is still being written is left for the next run.")
        self.log.info("%s files in s3://%s/%s", claim["files"], self.bucket, claim["claim"])
        return claim

    def _wait_until_settled(self) -> None:
        """A file that has just arrived has to prove itself; twice that time at most, because files may go on arriving.

        What is left then was written after this run had begun, and is announced to the next one.
        """
        deadline = time.monotonic() + 2 * self.settle_seconds
        while (files := self.hook.files.landed_files(self.bucket)) and time.monotonic() < deadline:
            if max(file.arrived_at for file in files) <= settled_before(self.settle_seconds):
                return
            time.sleep(POLL_SECONDS)
