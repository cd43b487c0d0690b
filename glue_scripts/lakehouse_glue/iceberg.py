"""Iceberg tables as the jobs write them: every run on a branch of its own, which publishing makes the main one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame, DataFrameWriterV2, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.branches import BASE_PROPERTY, MAIN, RUN_PROPERTY, run_branch
from lakehouse_contract.tables import TABLE_PROPERTIES, Table, declared_table
from lakehouse_contract.tables import Column as DeclaredColumn
from lakehouse_glue.concurrency import in_parallel
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.local_rows import local_frame

CATALOG = "glue_catalog"
# Points in time are UTC, and stored without saying so: Athena makes no table and no view of a column that has a zone
# ("Unsupported Hive type: timestamp(6) with time zone", apache/iceberg issue 15761).
STORED_TYPES = {"timestamp": "timestamp_ntz"}
# The jobs sort and size their files themselves; Iceberg would shuffle the rows once more.
WRITE_OPTIONS = {"use-table-distribution-and-ordering": "false"}


@dataclass(frozen=True)
class BranchTable:
    """A table as a run sees it: its main when the run began, and the branch that the run writes.

    `base_snapshot_id` is the snapshot of that main, None for a table that nothing was published to.
    """

    spark: SparkSession
    declaration: Table
    identifier: str
    run: str
    base_snapshot_id: int | None

    def read_published(self) -> DataFrame:
        """The declared columns of the published rows; none before the first publication."""
        if self.base_snapshot_id is None:
            return local_frame(self.spark, [], self.declaration.schema)
        return read_version(self.spark, self.identifier, self.declaration, self.base_snapshot_id)

    def read(self) -> DataFrame:
        """The rows of the branch."""
        return read_version(self.spark, self.identifier, self.declaration, self.snapshot_id)

    def read_stored(self) -> DataFrame:
        """The rows of the branch in the stored types: of a condition on a point in time Iceberg knows which files may
        have rows that meet it.
        """
        return _stored_version(self.spark, self.identifier, self.snapshot_id)

    def append(self, frame: DataFrame) -> None:
        """Add rows to the branch in one commit."""
        self._writer(frame).append()

    def overwrite(self, frame: DataFrame, condition: Column | None = None) -> None:
        """Put the rows in the place of all that meet the condition (by default of all), in one commit.

        A condition has to select whole files, such as one on the partition keys does.
        """
        self._writer(frame).overwrite(f.lit(True) if condition is None else condition)

    @property
    def snapshot_id(self) -> int:
        """The branch's head."""
        return _snapshot_id(self.spark, self.identifier, run_branch(self.run))

    @property
    def row_count(self) -> int:
        """The rows of the branch's head. Iceberg's own count has the rows that delete files delete, too."""
        summary = java_table(self.spark, self.identifier).snapshot(run_branch(self.run)).summary()
        if int(summary.get("total-delete-files") or 0):
            return self.read().count()
        return int(summary.get("total-records") or 0)

    @property
    def properties(self) -> dict[str, str]:
        """Of every snapshot that the run commits."""
        return {RUN_PROPERTY: self.run, BASE_PROPERTY: str(self.base_snapshot_id or "")}

    def _writer(self, frame: DataFrame) -> DataFrameWriterV2:
        conformed = conform(frame, self.declaration)
        stored = conformed.select(
            [f.col(column.name).cast(_stored_type(column)) for column in self.declaration.columns]
        )
        writer = stored.writeTo(f"{self.identifier}.`branch_{run_branch(self.run)}`")
        for name, value in (
            WRITE_OPTIONS | {f"snapshot-property.{key}": value for key, value in self.properties.items()}
        ).items():
            writer = writer.option(name, value)
        return writer


def open_branch(spark: SparkSession, database: str, location: str, table: Table, run: str) -> BranchTable:
    """The run's branch of a table, made at the table's main; the table is made, or given new columns, as declared.

    Raises an error of Iceberg's when the branch exists: a run has its branch for itself.
    """
    identifier = create_table(spark, database, location, table)
    base = _snapshot_id(spark, identifier, MAIN)
    version = "" if base is None else f" AS OF VERSION {base}"
    spark.sql(f"ALTER TABLE {identifier} CREATE BRANCH `{run_branch(run)}`{version}")
    return BranchTable(spark, table, identifier, run, base)


def open_branches(
    spark: SparkSession, root: str, database: str, tables: Iterable[str], run: str
) -> dict[str, BranchTable]:
    """The run's branches of declared tables, by name. Raises an error of Iceberg's where one exists."""
    return in_parallel(
        {
            name: partial(open_branch, spark, database, f"{root}/analytics/{name}", declared_table(name), run)
            for name in tables
        }
    )


def create_table(spark: SparkSession, database: str, location: str, table: Table) -> str:
    """The identifier of a table that has at least the declared columns.

    Raises BadInputError for a required column that is not required in the table: what it holds may have none.
    """
    identifier = table_identifier(database, table.name)
    columns = ", ".join(_definition(column, is_required=column.is_required) for column in table.columns)
    partitioned = f"PARTITIONED BY ({', '.join(table.partition_keys)})" if table.partition_keys else ""
    properties = ", ".join(f"{_quoted(name)} = {_quoted(value)}" for name, value in TABLE_PROPERTIES.items())
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {identifier} ({columns}) USING iceberg {partitioned} "
        f"LOCATION {_quoted(location)} COMMENT {_quoted(table.meaning)} TBLPROPERTIES ({properties})"
    )
    _add_columns(spark, identifier, table)
    return identifier


def _add_columns(spark: SparkSession, identifier: str, table: Table) -> None:
    """Each at its declared place, because Redshift copies files by the order of their columns."""
    schema = spark.table(identifier).schema
    known = set(schema.fieldNames())
    may_be_null = [c.name for c in table.columns if c.is_required and (c.name not in known or schema[c.name].nullable)]
    if may_be_null:
        raise BadInputError(
            f"{table.name}: {', '.join(may_be_null)} cannot be required, because the table was made without: rows that "
            "it has may have no value there. Remove is_required from the declaration, and NOT NULL from Redshift's "
            "create_table.sql."
        )
    place = "FIRST"
    for column in table.columns:
        if column.name not in known:
            definition = _definition(column, is_required=False)
            spark.sql(f"ALTER TABLE {identifier} ADD COLUMNS ({definition} {place})")
        place = f"AFTER `{column.name}`"


def _definition(column: DeclaredColumn, *, is_required: bool) -> str:
    constraint = " NOT NULL" if is_required else ""
    return f"`{column.name}` {_stored_type(column)}{constraint} COMMENT {_quoted(column.meaning)}"


def _stored_type(column: DeclaredColumn) -> str:
    return STORED_TYPES.get(column.type, column.type)


def table_identifier(database: str, table: str) -> str:
    return f"{CATALOG}.{database}.{table}"


def read_version(spark: SparkSession, identifier: str, table: Table, snapshot_id: int) -> DataFrame:
    """The declared columns of a table's version; a column that is younger than the version is null."""
    version = _stored_version(spark, identifier, snapshot_id)
    return version.select(
        [
            (f.col(column.name) if column.name in version.columns else f.lit(None)).cast(column.type).alias(column.name)
            for column in table.columns
        ]
    )


def _stored_version(spark: SparkSession, identifier: str, snapshot_id: int) -> DataFrame:
    """All columns of a table's version, in the stored types."""
    return spark.read.option("snapshot-id", snapshot_id).table(identifier)


def java_table(spark: SparkSession, identifier: str) -> Any:
    """The org.apache.iceberg.Table at its latest version: for what SQL lacks, and answers without a Spark job."""
    table = spark._jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, identifier)
    table.refresh()
    return table


def snapshot_properties(spark: SparkSession, identifier: str, snapshot_id: int) -> Mapping[str, str]:
    """The summary of a snapshot: its properties and Iceberg's counts; empty for one that has expired."""
    snapshot = java_table(spark, identifier).snapshot(snapshot_id)
    return dict(snapshot.summary()) if snapshot else {}


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The columns of a declared table, by name and type."""
    return frame.select([f.col(column.name).cast(column.type) for column in table.columns])


def _snapshot_id(spark: SparkSession, identifier: str, reference: str) -> int | None:
    snapshot = java_table(spark, identifier).snapshot(reference)
    return snapshot.snapshotId() if snapshot is not None else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
