"""What the operators of stock files have in common."""

from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from lakehouse_aws.stock_files.claims import StockClaimsHook
from lakehouse_aws.stock_files.ledger import StockLedgerHook
from lakehouse_aws.stock_files.publication import StockPublicationHook


class StockFilesOperator(AwsBaseOperator[StockClaimsHook]):
    """Works on the files of a lake and the tables that they become.

    :param bucket: the lake's bucket
    :param database: the Glue database
    """

    aws_hook_class = StockClaimsHook
    template_fields = aws_template_fields("bucket", "database")

    def __init__(self, *, bucket: str, database: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database

    @cached_property
    def publication(self) -> StockPublicationHook:
        return StockPublicationHook(**self._table_parameters)

    @cached_property
    def ledger(self) -> StockLedgerHook:
        return StockLedgerHook(**self._table_parameters)

    @property
    def _table_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}
