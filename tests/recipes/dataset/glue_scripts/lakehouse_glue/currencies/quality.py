"""Data quality of the currencies."""

from collections.abc import Mapping

from great_expectations.expectations.expectation import Expectation
from lakehouse_glue.quality.audit import TableSuite
from lakehouse_glue.quality.common import is_complete, is_currency, is_sized_like_published
from lakehouse_glue.quality.context import AuditContext
from pyspark.sql import DataFrame

TABLE = "currencies"


def frame(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The column that the suite reads."""
    return tables[TABLE].select("currency_code")


def suite(context: AuditContext) -> list[Expectation]:
    return [
        *is_complete(context, TABLE, "currency_code"),
        is_currency("currency_code"),
        *is_sized_like_published(context, TABLE),
    ]


SUITES = (TableSuite(TABLE, frame, suite, is_compared=True),)
