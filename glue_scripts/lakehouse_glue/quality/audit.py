"""The audit of a run: the suites of its dataset's tables, evaluated on the run's branches, before publication."""

import json
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.data_context import EphemeralDataContext
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame

from lakehouse_contract.quality import quality_results_key
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.lake import Lake, WriteObject
from lakehouse_glue.quality.common import not_shrunk
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.data_docs import publish_data_docs
from lakehouse_glue.quality.evaluation import count_outcomes, create_context, result_entries, validate
from lakehouse_glue.quality.expectations import CRITICAL

NOT_PUBLISHED = "not evaluated: nothing is published yet"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableSuite:
    """The expectations of a table, and the columns that they read, made from the tables of the run by name.

    `is_compared`: whether they compare the table with its published version, once there is one.
    """

    table: str
    frame: Callable[[Mapping[str, DataFrame]], DataFrame]
    expectations: Callable[[AuditContext], list[Expectation]]
    is_compared: bool = False


def suites_of(dataset: str) -> Sequence[TableSuite]:
    """The SUITES of `lakehouse_glue.<dataset>.quality`; raises BadInputError for a dataset without."""
    package = f"lakehouse_glue.{dataset}"
    if not dataset.isidentifier() or find_spec(package) is None or find_spec(f"{package}.quality") is None:
        raise BadInputError(f"There is no {package}.quality: --dataset names a folder of lakehouse_glue that has one.")
    return import_module(f"{package}.quality").SUITES


def audit_run(
    lake: Lake,
    write_page: WriteObject,
    suites: Sequence[TableSuite],
    tables: Mapping[str, DataFrame],
    audit: AuditContext,
) -> dict[str, Any]:
    """Evaluate the suites on the tables of a run; writes results.json, whose content is returned, and Data Docs."""
    run = audit.document["run"]
    with tempfile.TemporaryDirectory() as directory:
        context = create_context(Path(directory))
        validations = evaluate(context, suites, tables, audit)
        context.build_data_docs()
        results = summarize(run, suites, validations, audit)
        publish_data_docs(Path(directory), write_page, run, results)
    lake.write(quality_results_key(run), json.dumps(results, indent=2).encode(), "application/json")
    for entry in results["results"]:
        if not entry["is_successful"]:
            logger.warning("%(severity)s: %(table)s: %(description)s: %(observed)s", entry)
    logger.info("%s", results["summary"])
    return results


def evaluate(
    context: EphemeralDataContext, suites: Sequence[TableSuite], tables: Mapping[str, DataFrame], audit: AuditContext
) -> dict[str, ExpectationSuiteValidationResult]:
    """Result of each table's suite."""
    # To keep a table's rows takes longer than to read its columns for each of the few jobs.
    source = context.data_sources.add_spark("run", persist=False)
    return {
        suite.table: validate(context, source, suite.table, suite.frame(tables), suite.expectations(audit))
        for suite in suites
    }


def summarize(
    run: str,
    suites: Sequence[TableSuite],
    results: Mapping[str, ExpectationSuiteValidationResult],
    audit: AuditContext,
) -> dict[str, Any]:
    """The content of results.json."""
    entries = [entry for table, validation in results.items() for entry in result_entries(table, validation)]
    new = [suite.table for suite in suites if suite.is_compared and suite.table not in audit.published_rows]
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
