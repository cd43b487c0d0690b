"""Writing months in Spark's Python workers: of each month that changes all orders, as one file.

A task that runs twice writes the same file under the same name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.data_files import DataFile, deleted_positions, month_path
from lakehouse_glue.sales.lines import Lines
from lakehouse_glue.sales.order_files import OrderFile, read_rows, written_rows
from lakehouse_glue.sales.records import PUBLISHED, Kind, Record, decode, year_and_month
from lakehouse_glue.workers import local_directory

MOST_ROWS_AT_ONCE = 1024 * 1024
SUMMARIES = pa.schema([("path", pa.string()), ("rows", pa.int64()), ("added", pa.int64()), ("removed", pa.int64())])


@dataclass
class Lost:
    """Of a month, lines of the claim's files that do not stand, and identifiers of published orders that do not."""

    lines: dict[int, list[np.ndarray]] = field(default_factory=dict)
    published: list[np.ndarray] = field(default_factory=list)

    def add(self, record: Record) -> None:
        if record.file == PUBLISHED:
            self.published.append(record.rows["order_id"].to_numpy())
        else:
            self.lines.setdefault(record.file, []).append(record.rows["line_number"].to_numpy())

    @property
    def removed(self) -> np.ndarray:
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *self.published]))


@dataclass(frozen=True)
class MonthWriter:
    """Writes the month's file `<month_path>/<run>.parquet` below the key `prefix`.

    `published` has the table's data files by the path of their month, `field_ids` Iceberg's ids of its columns.
    """

    objects: Objects
    files: Mapping[int, ClaimedFile]
    lines: Lines
    published: Mapping[str, Sequence[DataFile]]
    prefix: str
    run: str
    field_ids: Mapping[str, int]

    def write(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """For `mapInArrow` over LOST and ORDERS in the order of part and kind: the months that changed, as SUMMARIES.

        No month is written that nothing is added to and nothing taken from.
        """
        for part, records in groupby(decode(batches), attrgetter("part")):
            with TemporaryDirectory(dir=local_directory()) as folder:
                yield from self._write_month(Path(folder), *year_and_month(part), records)

    def _write_month(self, folder: Path, year: int, month: int, records: Iterable[Record]) -> Iterator[pa.RecordBatch]:
        path, lost = month_path(year, month), Lost()
        arrived = self._arrived(records, lost, year, month)
        first = next(arrived, None)
        if first is None and not lost.published:
            return
        file = OrderFile(folder / f"{self.run}.parquet", self.field_ids)
        rows = added = 0
        for is_added, table in _sized(self._all(folder, path, lost, first, arrived)):
            file.add(table)
            rows += table.num_rows
            added += is_added
        file.close()
        if rows:
            self.objects.upload(folder / f"{self.run}.parquet", f"{self.prefix}{path}/{self.run}.parquet")
        values = [[path], [rows], [added], [len(lost.removed)]]
        yield pa.RecordBatch.from_arrays(
            [pa.array(value, column.type) for value, column in zip(values, SUMMARIES, strict=True)], schema=SUMMARIES
        )

    def _arrived(self, records: Iterable[Record], lost: Lost, year: int, month: int) -> Iterator[pa.Table]:
        """The standing rows of the claim; `lost`, which comes first, is noted."""
        for record in records:
            if record.kind == Kind.LOST:
                lost.add(record)
                continue
            numbers = self.lines.of(record.file, record.rows["place"].to_numpy())
            rows = written_rows(record.rows, numbers, self.files[record.file], year, month)
            if record.file in lost.lines:
                rows = rows.filter(pa.array(~np.isin(numbers, np.concatenate(lost.lines[record.file]))))
            if rows.num_rows:
                yield rows

    def _all(
        self, folder: Path, path: str, lost: Lost, first: pa.Table | None, arrived: Iterator[pa.Table]
    ) -> Iterator[tuple[bool, pa.Table]]:
        """Published and arrived rows, and whether they are arrived ones."""
        removed = lost.removed
        for file in self.published.get(path, ()):
            for table in self._published(folder, file, removed):
                yield False, table
        if first is not None:
            yield True, first
        for table in arrived:
            yield True, table

    def _published(self, folder: Path, file: DataFile, removed: np.ndarray) -> Iterator[pa.Table]:
        deletes = [folder / f"deletes-{number}.parquet" for number, _ in enumerate(file.delete_urls)]
        for url, path in zip(file.delete_urls, deletes, strict=True):
            self.objects.download(self.objects.key(url), path)
        self.objects.download(self.objects.key(file.url), folder / "published.parquet")
        yield from read_rows(folder / "published.parquet", deleted_positions(file.url, deletes), removed)


def _sized(tables: Iterable[tuple[bool, pa.Table]]) -> Iterator[tuple[int, pa.Table]]:
    """The rows in tables of about MOST_ROWS_AT_ONCE, with the number of those that are added."""
    held: list[pa.Table] = []
    rows = added = 0
    for is_added, table in tables:
        held.append(table)
        rows += table.num_rows
        added += table.num_rows if is_added else 0
        if rows >= MOST_ROWS_AT_ONCE:
            yield added, pa.concat_tables(held)
            held, rows, added = [], 0, 0
    if rows:
        yield added, pa.concat_tables(held)
