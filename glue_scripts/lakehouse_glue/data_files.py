"""The data files of tables of months: those that there are, and those that a run puts in their place."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from lakehouse_contract.branches import run_branch
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import BranchTable, java_table

FOOTER_READERS = 16


@dataclass(frozen=True)
class DataFile:
    """A data file of a month by its URL, its rows, and the Parquet files that list rows of it that are deleted."""

    url: str
    rows: int
    delete_urls: tuple[str, ...] = ()


def files_by_month(table: BranchTable, snapshot_id: int | None) -> dict[str, list[DataFile]]:
    """The data files of a snapshot by the path of their partition, such as `year=2005/month=1`.

    Raises BadInputError for deletes that only Spark and Athena can apply.
    """
    found: dict[str, list[DataFile]] = {}
    if snapshot_id is None:
        return found
    tasks = java_table(table.spark, table.identifier).newScan().useSnapshot(snapshot_id).planFiles()
    try:
        for task in _iterate(tasks):
            file = task.file()
            deletes = tuple(_delete_url(table, delete) for delete in _iterate(task.deletes()))
            path = task.spec().partitionToPath(file.partition())
            found.setdefault(path, []).append(DataFile(file.location(), file.recordCount(), deletes))
    finally:
        tasks.close()
    return found


def replace_months(table: BranchTable, written: Mapping[str, str]) -> None:
    """Commit files in the place of all that their months hold, to the branch: URL by partition path."""
    java, jvm = java_table(table.spark, table.identifier), table.spark._jvm.org.apache.iceberg
    metrics_config = jvm.MetricsConfig.forTable(java)

    def data_file(entry: tuple[str, str]) -> Any:
        path, url = entry
        file = java.io().newInputFile(url)
        metrics = jvm.parquet.ParquetUtil.fileMetrics(file, metrics_config)
        builder = jvm.DataFiles.builder(java.spec()).withInputFile(file).withFormat("parquet")
        return builder.withPartitionPath(path).withMetrics(metrics).build()

    commit = java.newReplacePartitions().toBranch(run_branch(table.run))
    if table.base_snapshot_id is not None:
        commit = commit.validateFromSnapshot(table.base_snapshot_id)
    commit = commit.validateNoConflictingData().validateNoConflictingDeletes()
    for name, value in table.properties.items():
        commit.set(name, value)
    with ThreadPoolExecutor(FOOTER_READERS) as pool:
        for file in pool.map(data_file, sorted(written.items())):
            commit.addFile(file)
    commit.commit()


def remove_months(table: BranchTable, paths: Iterable[str]) -> None:
    """Commit to the branch that the months of these paths, such as `year=2005/month=1`, have no rows."""
    expressions = table.spark._jvm.org.apache.iceberg.expressions.Expressions
    commit = java_table(table.spark, table.identifier).newDelete().toBranch(run_branch(table.run))
    for path in paths:
        year, month = (int(part.partition("=")[2]) for part in path.split("/"))
        # The method is called by a word that is Python's own.
        both = getattr(expressions, "and")
        commit.deleteFromRowFilter(both(expressions.equal("year", year), expressions.equal("month", month)))
    for name, value in table.properties.items():
        commit.set(name, value)
    commit.commit()


def field_ids(table: BranchTable) -> dict[str, int]:
    """Iceberg's ids of the columns by name."""
    return {
        field.name(): field.fieldId()
        for field in _iterate(java_table(table.spark, table.identifier).schema().columns())
    }


def data_location(table: BranchTable) -> str:
    """URL of the folder of the table's data files, with a slash at its end."""
    return f"{java_table(table.spark, table.identifier).location()}/data/"


def month_path(year: int, month: int) -> str:
    """A month as Iceberg names its partition."""
    return f"year={year}/month={month}"


def deleted_positions(url: str, delete_paths: Iterable[Path]) -> np.ndarray:
    """The positions of the deleted rows of a data file, in order, from files of position deletes."""
    found = [pq.read_table(path, columns=["pos"], filters=[("file_path", "==", url)])["pos"] for path in delete_paths]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(positions.to_numpy() for positions in found)]))


def _delete_url(table: BranchTable, delete: Any) -> str:
    if delete.content().name() != "POSITION_DELETES" or delete.format().name() != "PARQUET":
        raise BadInputError(
            f"{table.identifier} has deletes that this job cannot apply, at {delete.location()}: run "
            f"OPTIMIZE {table.declaration.name} REWRITE DATA USING BIN_PACK in Athena."
        )
    return delete.location()


def _iterate(collection: Any) -> Iterator[Any]:
    iterator = collection.iterator()
    while iterator.hasNext():
        yield iterator.next()
