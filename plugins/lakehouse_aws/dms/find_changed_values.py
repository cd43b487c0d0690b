"""Finds the values that an AWS DMS full load does not carry as they are."""

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.dms.changed_values import ChangedValuesHook

MAX_VALUES = 1_000_000


class ChangedValuesOperator(AwsBaseOperator[ChangedValuesHook]):
    """Write the keys and columns of such values of the source PostgreSQL beside the raw files.

    Returns their number by table and column: `{"customers.date_of_birth": 1}`.

    :param full_load: identifier of the full load, whose source endpoint and settings say where to look and for what
    :param tables: the name in the lake of each `schema.table` of the source
    :param query: makes a statement for each table
    :param key: the Parquet object to write
    """

    aws_hook_class = ChangedValuesHook
    template_fields: ClassVar[Sequence[str]] = aws_template_fields("full_load", "query", "bucket", "key")
    template_ext: ClassVar[Sequence[str]] = (".sql",)

    def __init__(
        self, *, full_load: str, tables: dict[str, str], query: str, bucket: str, key: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.full_load = full_load
        self.tables = tables
        self.query = query
        self.bucket = bucket
        self.key = key

    @override
    def execute(self, context: Context) -> dict[str, int]:
        return self.hook.write_changed_values(
            self.full_load, self.tables, self.query, self.bucket, self.key, MAX_VALUES
        )
