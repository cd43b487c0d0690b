"""Evaluating the suites of the star schema, and what results.json says of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.data_context import EphemeralDataContext
from pyspark.sql import DataFrame

from lakehouse_glue.quality.evaluation import count_outcomes, result_entries, validate
from lakehouse_glue.quality.expectations import CRITICAL
from lakehouse_glue.star_schema.quality import dim_accounts, dim_customers, dim_dates, fact_transactions, rejects
from lakehouse_glue.star_schema.quality.common import not_shrunk
from lakehouse_glue.star_schema.quality.context import AuditContext

SUITES: tuple[ModuleType, ...] = (dim_customers, dim_accounts, dim_dates, fact_transactions, rejects)
COMPARED_WITH_PUBLISHED = (dim_customers.TABLE, dim_accounts.TABLE, fact_transactions.TABLE)
NOT_PUBLISHED = "not evaluated: nothing is published yet"


def evaluate(
    context: EphemeralDataContext, tables: Mapping[str, DataFrame], audit: AuditContext
) -> dict[str, ExpectationSuiteValidationResult]:
    """Result of each table's suite."""
    source = context.data_sources.add_spark("run", persist=True)
    return {
        module.TABLE: validate(context, source, module.TABLE, module.frame(tables), module.suite(audit))
        for module in SUITES
    }


def summarize(run: str, results: Mapping[str, ExpectationSuiteValidationResult], audit: AuditContext) -> dict[str, Any]:
    """The content of results.json."""
    entries = [entry for table, validation in results.items() for entry in result_entries(table, validation)]
    new = [table for table in results if table in COMPARED_WITH_PUBLISHED and table not in audit.published_rows]
    entries += [_unpublished_entry(table, audit) for table in new]
    counts = count_outcomes(entries)
    return {
        "run": run,
        "evaluated_at": audit.evaluated_at.astimezone(UTC).isoformat(),
        "is_successful": counts["failed_critical"] == 0,
        "summary": counts,
        "results": entries,
    }


def _unpublished_entry(table: str, audit: AuditContext) -> dict[str, Any]:
    return {
        "table": table,
        "expectation": "expect_table_row_count_to_be_between",
        "column": None,
        "severity": CRITICAL.value,
        "is_successful": True,
        "observed": NOT_PUBLISHED,
        "description": not_shrunk(audit),
    }


def now() -> datetime:
    return datetime.now(UTC)
