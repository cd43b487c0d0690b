"""Merging the rows of a load with the partitions that the table has already."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from lakehouse_glue.stocks.commits import Commit
from lakehouse_glue.stocks.summary import PartitionSummary, summarize_partitions
from lakehouse_glue.stocks.table import Partition, by_month, latest_only, read_load, read_partitions, write_partitions
from lakehouse_glue.stocks.writing import Written


@dataclass(frozen=True)
class TouchedPartition:
    """A partition as the load leaves it: complete, with the rows of earlier loads."""

    partition: Partition
    summary: PartitionSummary

    @property
    def entry(self) -> dict[str, Any]:
        """The partition as the load manifest has it."""
        return {
            "year": self.partition.year,
            "month": self.partition.month,
            "location": self.partition.location,
            "rows": self.summary.rows,
        }


def merge_partitions(
    spark: SparkSession, written: Written, commit: Commit, location: str, today: date
) -> list[TouchedPartition]:
    """The touched partitions; those that the commit has are written below `location`, together with their rows there.

    Of the rows of the same symbol and date the one that arrived last is kept, of equal arrivals that of this load.
    """
    touched = {partition.partition.key: partition for partition in touched_partitions(written.location, written.months)}
    shared = [touched[key].partition for key in touched.keys() & commit.partitions.keys()]
    if not shared:
        return list(touched.values())
    earlier = read_partitions(spark, [commit.partitions[partition.key] for partition in shared])
    rows = earlier.withColumn("is_claimed", f.lit(False)).unionByName(
        read_partitions(spark, shared).withColumn("is_claimed", f.lit(True))
    )
    latest_first = [f.desc("arrived_at"), f.desc("is_claimed")]
    write_partitions(latest_only(by_month(rows, latest_first), latest_first), location)
    merged = touched_partitions(location, summarize_partitions(read_load(spark, location), today))
    touched |= {partition.partition.key: partition for partition in merged}
    return list(touched.values())


def touched_partitions(location: str | None, months: list[PartitionSummary]) -> list[TouchedPartition]:
    names = [(f"{month.year:04d}", f"{month.month:02d}") for month in months]
    partitions = [Partition(year, month, f"{location}year={year}/month={month}/") for year, month in names]
    return [TouchedPartition(*pair) for pair in zip(partitions, months, strict=True)]
