"""What the operators of arriving files have in common."""

from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from lakehouse_aws.arrivals.claims import ClaimsHook
from lakehouse_aws.arrivals.ledger import FileLedgerHook
from lakehouse_aws.arrivals.publication import ClaimPublicationHook
from lakehouse_contract.arrivals.kinds import Arrivals


class ArrivalsOperator(AwsBaseOperator[ClaimsHook]):
    """Works on files of a kind and the tables that they become.

    :param arrivals: their kind
    :param bucket: the lake's bucket
    :param database: the Glue database
    """

    aws_hook_class = ClaimsHook
    template_fields = aws_template_fields("bucket", "database")

    def __init__(self, *, arrivals: Arrivals, bucket: str, database: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arrivals = arrivals
        self.bucket = bucket
        self.database = database

    @cached_property
    def publication(self) -> ClaimPublicationHook:
        return ClaimPublicationHook(**self._table_parameters)

    @cached_property
    def ledger(self) -> FileLedgerHook:
        return FileLedgerHook(**self._table_parameters)

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "arrivals": self.arrivals}

    @property
    def _table_parameters(self) -> dict[str, Any]:
        return {**self._hook_parameters, "bucket": self.bucket, "database": self.database}
