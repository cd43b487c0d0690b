"""Expectations of rejects."""

from collections.abc import Mapping

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame

from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.expectations import (
    CRITICAL,
    ExpectValuesInSet,
    ExpectValuesNotMatchRegex,
    ExpectValuesNotNull,
)
from lakehouse_glue.star_schema.pii import DROP, POLICY
from lakehouse_glue.star_schema.rejects import Reason
from lakehouse_glue.star_schema.schemas import SOURCES

TABLE = "rejects"
DROPPED = sorted({name for policy in POLICY.values() for name, treatment in policy.items() if treatment is DROP})
# A quote within a value is escaped: only a field's name has a colon behind its closing quote.
DROPPED_FIELD = rf'[{{,]"(?:{"|".join(DROPPED)})":'


def frame(tables: Mapping[str, DataFrame]) -> DataFrame:
    """The columns that the suite reads."""
    return tables[TABLE].select("source", "source_key", "reason", "column_name", "raw_row")


def suite(context: AuditContext) -> list[Expectation]:
    return [
        gxe.ExpectTableRowCountToEqual(
            value=sum(counts["rejected_rows"] for counts in context.document["sources"].values()),
            severity=CRITICAL,
            description="The table has every row that the transform rejected",
        ),
        *(
            ExpectValuesNotNull(column=column, severity=CRITICAL, description=f"Every reject has a {column}")
            for column in ("source", "reason", "column_name", "raw_row")
        ),
        _is_one_of("source", list(SOURCES)),
        _is_one_of("reason", [reason.value for reason in Reason]),
        ExpectValuesNotMatchRegex(
            column="raw_row",
            regex=DROPPED_FIELD,
            severity=CRITICAL,
            description="No raw row has a field that the PII policy drops",
        ),
    ]


def _is_one_of(column: str, values: list[str]) -> Expectation:
    return ExpectValuesInSet(
        column=column, value_set=values, severity=CRITICAL, description=f"{column} is one of those that the job knows"
    )
