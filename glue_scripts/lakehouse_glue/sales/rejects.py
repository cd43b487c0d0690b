"""The rows that are not in the table, each with its reason and what it looks like."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.tables import declared_table
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.arrivals.splits import Split
from lakehouse_glue.iceberg import BranchTable
from lakehouse_glue.local_rows import local_frame
from lakehouse_glue.sales.identities import identifiers_of
from lakehouse_glue.sales.lines import LineReader, Lines
from lakehouse_glue.sales.parsing import Parsed
from lakehouse_glue.sales.reasons import Reason
from lakehouse_glue.sales.records import PUBLISHED, Kind, decode
from lakehouse_glue.sales.rejected_rows import shown
from lakehouse_glue.workers import map_in_arrow

COLUMNS = list(declared_table("sales_rejects").by_name)
ORDER_ID = "order_id"
FOUND = pa.schema(
    [
        ("file", pa.int32()),
        ("line_number", pa.int64()),
        ("order_id", pa.int64()),
        ("reason", pa.string()),
        ("column_name", pa.string()),
        ("raw_line", pa.string()),
    ]
)
LOST_LINES = pa.schema(
    [
        ("file", pa.int32()),
        ("start", pa.int64()),
        ("line_number", pa.int64()),
        ("order_id", pa.int64()),
        ("reason", pa.string()),
    ]
)
# As fact_sales has an order, without what only places it.
PUBLISHED_COLUMNS = [name for name in declared_table("fact_sales").by_name if name not in ("year", "month")]


def find_rejects(parsed: Parsed, lost: DataFrame, lines: Lines, orders: BranchTable) -> DataFrame:
    """All rows that are rejected by the run, in the columns of sales_rejects."""
    bad = map_in_arrow(parsed.of(Kind.REJECTED), _BadRows(lines), FOUND)
    found = bad.unionByName(_lost_rows(parsed, lost, lines))
    files = _files(orders.spark, parsed.source.files)
    rejects = found.join(f.broadcast(files), "file").drop("file")
    if orders.base_snapshot_id is not None:
        rejects = rejects.unionByName(_replaced_orders(lost, orders))
    return rejects.withColumns(
        {
            "rejected_at": f.current_timestamp(),
            "run": f.lit(orders.run),
            "year": f.year("arrived_at"),
            "month": f.month("arrived_at"),
        }
    ).select(COLUMNS)


def _files(spark: SparkSession, files: Mapping[int, ClaimedFile]) -> DataFrame:
    rows = [(number, file.name, file.arrived_at) for number, file in files.items()]
    return local_frame(spark, rows, "file int, source_file string, arrived_at timestamp")


class _BadRows:
    """A function for `mapInArrow` over REJECTED: the rows in the columns of FOUND."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for record in decode(batches):
            rows = record.rows
            numbers = self.lines.of(record.file, rows["place"].to_numpy())
            columns = [pa.repeat(pa.scalar(record.file, pa.int32()), rows.num_rows), pa.array(numbers)]
            columns += [rows[name] for name in FOUND.names[2:]]
            yield pa.RecordBatch.from_arrays(columns, schema=FOUND)


def _lost_rows(parsed: Parsed, lost: DataFrame, lines: Lines) -> DataFrame:
    """Good rows of the claim in whose place others stand, in the columns of FOUND."""
    source = parsed.source
    splits = {(split.file, split.start): split for found in source.splits.values() for split in found}
    arrived = lost.filter(f.col("file") != PUBLISHED)
    rows = map_in_arrow(arrived, _LostLines(lines), LOST_LINES)
    by_split = rows.repartition("file", "start").sortWithinPartitions("file", "start", "line_number")
    return map_in_arrow(by_split, _RawLines(source.objects, splits, lines), FOUND)


class _LostLines:
    """A function for `mapInArrow` over LOST: the lines, with the splits that they are in."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for record in decode(batches):
            rows = record.rows.filter(
                pa.array([reason != "" for reason in record.rows["reason"].to_pylist()], pa.bool_())
            )
            starts = self.lines.split_starts(record.file, rows["line_number"].to_numpy())
            file = pa.repeat(pa.scalar(record.file, pa.int32()), rows.num_rows)
            columns = [file, pa.array(starts, pa.int64()), rows["line_number"], rows["order_id"], rows["reason"]]
            yield pa.RecordBatch.from_arrays(columns, schema=LOST_LINES)


class _RawLines:
    """A function for `mapInArrow` over LOST_LINES in order: the lines, read once more, in the columns of FOUND."""

    def __init__(self, objects: Objects, splits: Mapping[tuple[int, int], Split], lines: Lines) -> None:
        self.objects, self.splits, self.lines = objects, splits, lines

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        read: tuple[int, int] | None = None
        reader: LineReader | None = None
        for batch in batches:
            raw_lines: list[str] = []
            keys = zip(batch["file"].to_pylist(), batch["start"].to_pylist(), strict=True)
            for key, number in zip(keys, batch["line_number"].to_pylist(), strict=True):
                if reader is None or key != read:
                    read, reader = key, LineReader(self.objects, self.splits[key], self.lines.before(*key))
                raw_lines.append(shown(reader.read(number)))
            columns = [batch[name] for name in ("file", "line_number", "order_id", "reason")]
            columns += [pa.repeat(ORDER_ID, batch.num_rows), pa.array(raw_lines, pa.string())]
            yield pa.RecordBatch.from_arrays(columns, schema=FOUND)


def _replaced_orders(lost: DataFrame, orders: BranchTable) -> DataFrame:
    """Published orders in whose place others stand, in the columns of sales_rejects that tell of the row."""
    identifiers = identifiers_of(lost.filter(f.col("file") == PUBLISHED))
    replaced = orders.read_published().join(identifiers, "order_id", "left_semi")
    return replaced.select(
        "line_number",
        "order_id",
        f.lit(Reason.SUPERSEDED.value).alias("reason"),
        f.lit(ORDER_ID).alias("column_name"),
        f.to_json(f.struct(PUBLISHED_COLUMNS)).alias("raw_line"),
        "source_file",
        "arrived_at",
    )
