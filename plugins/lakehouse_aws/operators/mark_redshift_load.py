"""Remembers what Redshift has loaded."""

from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.hooks.redshift_stocks import RedshiftStocksHook


class MarkRedshiftLoadOperator(AwsBaseOperator[RedshiftStocksHook]):
    """Keep the number of the commit that Redshift holds, so that a later run loads what came after it.

    :param bucket: the lake's bucket
    :param database: the Glue database
    :param commit: number of the commit that was loaded
    """

    aws_hook_class = RedshiftStocksHook
    template_fields = aws_template_fields("bucket", "database", "commit")

    def __init__(self, *, bucket: str, database: str, commit: int | str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database
        self.commit = commit

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> None:
        self.hook.mark_loaded(int(self.commit))
