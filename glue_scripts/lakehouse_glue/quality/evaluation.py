"""Evaluating a suite: one validation per table, its metrics in as few Spark jobs as Great Expectations can make."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame

from lakehouse_glue.quality.expectations import CRITICAL


def create_context(data_docs_directory: Path) -> EphemeralDataContext:
    """A Great Expectations context in memory, whose Data Docs go to a folder. It sends nothing anywhere."""
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(data_docs_directory)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
    }
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={"lakehouse": site},
        progress_bars={"globally": False},
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def validate(
    context: EphemeralDataContext, source: Any, table: str, frame: DataFrame, expectations: Sequence[Expectation]
) -> ExpectationSuiteValidationResult:
    """Result of the expectations of a table; `source` is the context's Spark data source."""
    batch = source.add_dataframe_asset(table).add_batch_definition_whole_dataframe(table)
    suite = context.suites.add(gx.ExpectationSuite(table, expectations=list(expectations)))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=table, data=batch, suite=suite))
    return definition.run(batch_parameters={"dataframe": frame}, result_format="BASIC")


def result_entries(table: str, validation: ExpectationSuiteValidationResult) -> list[dict[str, Any]]:
    """The entries of results.json for a table."""
    return [_entry(table, result) for result in validation.results]


def count_outcomes(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many expectations were evaluated, passed and failed by severity."""
    failed = [entry["severity"] for entry in entries if not entry["is_successful"]]
    failed_critical = failed.count(CRITICAL.value)
    return {
        "evaluated": len(entries),
        "passed": len(entries) - len(failed),
        "failed_critical": failed_critical,
        "failed_warning": len(failed) - failed_critical,
    }


def _entry(table: str, result: ExpectationValidationResult) -> dict[str, Any]:
    configuration = result.expectation_config
    columns = [configuration.kwargs.get(name) for name in ("column", "column_A", "column_B")]
    return {
        "table": table,
        "expectation": configuration.type,
        "column": ", ".join(column for column in columns if column) or None,
        "severity": configuration.severity.value,
        "is_successful": bool(result.success),
        "observed": _observed(result),
        "description": configuration.description,
    }


def _observed(result: ExpectationValidationResult) -> str:
    """A count or an aggregate, never a value of a row's text."""
    observed = result.result
    if "unexpected_count" in observed:
        return f"{observed['unexpected_count']} of {observed['element_count']} rows do not meet it"
    return str(observed.get("observed_value", "not evaluated: " + _error(result)))


def _error(result: ExpectationValidationResult) -> str:
    messages = [
        error.get("exception_message") for error in (result.exception_info or {}).values() if isinstance(error, dict)
    ]
    return next(filter(None, messages), "no value")
