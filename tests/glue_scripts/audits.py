"""The audit of a run whose tables are made of a few rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lakehouse_glue.quality.audit import evaluate, suites_of, summarize
from lakehouse_glue.quality.context import AuditContext
from lakehouse_glue.quality.evaluation import create_context
from pyspark.sql import DataFrame, SparkSession

from lakehouse_contract.tables import declared_table

NOW = datetime(2024, 6, 2, tzinfo=UTC)


def declared_frame(spark: SparkSession, table: str, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Rows in the declared columns; what a row leaves out is NULL."""
    columns = declared_table(table).types
    schema = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
    return spark.createDataFrame([tuple(row.get(column) for column in columns) for row in rows], schema)


def failed_expectations(
    folder: Path,
    dataset: str,
    tables: Mapping[str, DataFrame],
    document: Mapping[str, Any],
    published: Mapping[str, int] | None = None,
) -> set[tuple[str, str | None, str]]:
    """Table, column and severity of the expectations that do not hold.

    :param document: the run's
    :param published: rows by table of the version before
    """
    audit, suites = AuditContext(document, published or {}, NOW), suites_of(dataset)
    results = summarize("jr_1", suites, evaluate(create_context(folder), suites, tables, audit), audit)
    return {
        (entry["table"], entry["column"], entry["severity"])
        for entry in results["results"]
        if not entry["is_successful"]
    }
