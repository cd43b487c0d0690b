"""The versions of the tables that an audit reads: those of the run, and those that were published when it began."""

from pyspark.sql import DataFrame, SparkSession

from lakehouse_contract.runs import RunDocument
from lakehouse_contract.tables import declared_table
from lakehouse_glue.dimensions import IS_IN_SOURCE
from lakehouse_glue.iceberg import read_version, table_identifier


def audited_tables(spark: SparkSession, database: str, document: RunDocument) -> dict[str, DataFrame]:
    """The tables of a run by name."""
    return {
        name: _version(spark, database, name, document["tables"][name]["snapshot_id"]) for name in document["tables"]
    }


def published_rows(spark: SparkSession, database: str, document: RunDocument) -> dict[str, int]:
    """Rows by published table; of a dimension, those that the source had."""
    versions = {name: table["base_snapshot_id"] for name, table in document["tables"].items()}
    return {
        name: in_source(_version(spark, database, name, version)).count()
        for name, version in versions.items()
        if version is not None
    }


def in_source(table: DataFrame) -> DataFrame:
    """The rows of a table without those that its source has lost."""
    return table.filter(IS_IN_SOURCE) if IS_IN_SOURCE in table.columns else table


def _version(spark: SparkSession, database: str, table: str, snapshot_id: int) -> DataFrame:
    return read_version(spark, table_identifier(database, table), declared_table(table), snapshot_id)
