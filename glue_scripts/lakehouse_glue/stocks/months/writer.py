"""Writing months in Spark's Python workers: each month's segments, with its rows in the table, as one file.

A task that runs twice writes the same file under the same name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.data_files import DataFile, deleted_positions, month_path
from lakehouse_glue.stocks.months.files import write_file
from lakehouse_glue.stocks.months.merging import merge_segments
from lakehouse_glue.stocks.months.segments import decode_rows
from lakehouse_glue.stocks.months.staging import StagedSegments
from lakehouse_glue.stocks.months.summary import COUNTED, summarize_file
from lakehouse_glue.workers import local_directory

MOST_ROWS_AT_ONCE = 1024 * 1024
SUMMARIES = pa.schema(
    [
        ("year", pa.int32()),
        ("month", pa.int32()),
        *((name, pa.int64()) for name in COUNTED),
        ("rows_by_file", pa.map_(pa.int32(), pa.int64())),
    ]
)
# A record of SEGMENTS.
Record = tuple[int, int, int, pa.Buffer]


@dataclass(frozen=True)
class MonthWriter:
    """Writes the month's file `<month_path>/<run>.parquet` below the key `prefix`.

    `published` has the table's data files by the path of their month, `field_ids` Iceberg's ids of its columns.
    """

    objects: Objects
    files: Mapping[int, ClaimedFile]
    published: Mapping[str, Sequence[DataFile]]
    prefix: str
    run: str
    field_ids: Mapping[str, int]
    today: date

    def write(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """For `mapInArrow` over SEGMENTS in the order of month, file and place: what was written, as SUMMARIES."""
        for (year, month), records in groupby(_records(batches), itemgetter(0, 1)):
            with TemporaryDirectory(dir=local_directory()) as folder:
                yield self._write_month(Path(folder), year, month, records)

    def _write_month(self, folder: Path, year: int, month: int, records: Iterable[Record]) -> pa.RecordBatch:
        segments = StagedSegments(folder / "segments.arrow")
        for file in self.published.get(month_path(year, month), ()):
            self._add_published(segments, folder, file)
        rows_by_file: dict[int, int] = {}
        for _, _, number, segment in records:
            segments.add_claimed(decode_rows(segment), self.files[number])
            rows_by_file[number] = 0
        segments.finish()
        path = folder / f"{self.run}.parquet"
        write_file(path, merge_segments(segments.map, MOST_ROWS_AT_ONCE), year, month, self.field_ids)
        numbers = {(file.name, file.arrived_at): number for number, file in self.files.items()}
        summary, sources = summarize_file(path, year, month, self.today, numbers)
        self.objects.upload(path, f"{self.prefix}{month_path(year, month)}/{path.name}")
        rows_by_file |= {numbers[source]: rows for source, rows in sources.items() if source in numbers}
        values = {**asdict(summary), "rows_by_file": list(rows_by_file.items())}
        return pa.RecordBatch.from_pylist([values], SUMMARIES)

    def _add_published(self, segments: StagedSegments, folder: Path, file: DataFile) -> None:
        deletes = [folder / f"deletes-{number}.parquet" for number, _ in enumerate(file.delete_urls)]
        for url, path in zip(file.delete_urls, deletes, strict=True):
            self.objects.download(self.objects.key(url), path)
        self.objects.download(self.objects.key(file.url), folder / "published.parquet")
        segments.add_published(folder / "published.parquet", deleted_positions(file.url, deletes))


def _records(batches: Iterable[pa.RecordBatch]) -> Iterator[Record]:
    for batch in batches:
        numbers = [batch.column(name).to_pylist() for name in ("year", "month", "file")]
        yield from zip(*numbers, (segment.as_buffer() for segment in batch.column("segment")), strict=True)
