"""The rejects of a claim on the run's branch: those of a file stay together, however often it was read."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from importlib.resources import files as files_of_package
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.claims import Claim, ClaimedFile
from lakehouse_glue.arrivals.ledger import EPOCH, MICROSECOND, LoadedFile
from lakehouse_glue.arrivals.months import in_months
from lakehouse_glue.arrivals.rows_by_file import count_rows_by_file
from lakehouse_glue.arrivals.screening import Screening
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.local_rows import local_frame

# What tells a file from others of its name.
SOURCE = ("source_file", "arrived_at")


def told_anew(claim: Claim, screening: Screening[Any], loaded: Iterable[LoadedFile]) -> list[ClaimedFile]:
    """The files of a claim whose rejects this run tells: all, but for those that wait and those that stay as loaded.

    A loaded file that could not be moved out of its claim comes again as it was: its rejects are those of its load.
    An earlier run may have told of others, too, whose publication was given up half-way.
    """
    known = {(file.name, file.arrived_at) for file in loaded}
    return [
        file
        for number, file in claim.files.items()
        if number not in screening.postponed
        and (number in screening.layouts or (file.name, file.arrived_at) not in known)
    ]


def write_rejects(rejects: BranchTable, found: DataFrame | None, files: Collection[ClaimedFile]) -> None:
    """Write rejects to the run's branch, in the place of those that are published of the same files.

    The table is partitioned by the year and month in which the files arrived.
    """
    months = {f"{file.arrived_at:%Y-%m}" for file in files}
    published = rejects.read_published().filter(in_months(months))
    replaced = _sources_of(published, files) if rejects.base_snapshot_id is not None and files else []
    if replaced:
        sources = local_frame(rejects.spark, replaced, "source_file string, arrived_at timestamp")
        kept = published.join(f.broadcast(sources), list(SOURCE), "left_anti")
        found = kept if found is None else kept.unionByName(found)
    if found is None:
        return
    # A sort of all rows would find them twice: once to learn where its partitions begin.
    query = files_of_package("lakehouse_glue.arrivals").joinpath("rebalance_by_file.sql").read_text()
    rebalanced = rejects.spark.sql(query, rejects=found)
    ordered = rebalanced.sortWithinPartitions("year", "month", "source_file", "line_number")
    if replaced:
        rejects.overwrite(ordered, in_months(months))
    else:
        rejects.append(ordered)


def _sources_of(rows: DataFrame, files: Collection[ClaimedFile]) -> list[tuple[str, datetime]]:
    """Which of the files there are rows of. As a rule, files arrive later than those with rows: few files are read."""
    arrivals = [file.arrived_at for file in files]
    near = rows.filter(f.col("arrived_at").between(min(arrivals), max(arrivals))).select(*SOURCE).distinct()
    found = near.select("source_file", f.unix_micros("arrived_at").alias("micros")).collect()
    sources = {(row["source_file"], EPOCH + row["micros"] * MICROSECOND) for row in found}
    return sorted(sources & {(file.name, file.arrived_at) for file in files})


def count_rejects(rejects: BranchTable, files: Mapping[int, ClaimedFile]) -> dict[int, int]:
    """The rejects of the run that are on its branch, by the number of their file."""
    numbers = {(file.name, file.arrived_at): number for number, file in files.items()}
    counted = count_rows_by_file(rejects, files.values(), f.col("run") == rejects.run)
    return {numbers[file]: count for file, count in counted.items()}
