"""Writing the partitions of a load in Spark's Python workers: each month's runs, with its rows in the table, as a file.

A task that runs twice writes the same file under the same name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from lakehouse_glue.stocks.claim import ClaimedFile
from lakehouse_glue.stocks.merging import merge_runs
from lakehouse_glue.stocks.objects import Objects
from lakehouse_glue.stocks.runs import decode_rows
from lakehouse_glue.stocks.staging import StagedRuns
from lakehouse_glue.stocks.summary import COUNTED, summarize_file
from lakehouse_glue.stocks.table import month_prefix, write_file
from lakehouse_glue.stocks.workers import exempt_imports_from_collection, local_directory

MOST_ROWS_AT_ONCE = 1024 * 1024
FILE_NAME = "part-00000.parquet"
SUMMARIES = pa.schema(
    [
        ("year", pa.int32()),
        ("month", pa.int32()),
        *((name, pa.int64()) for name in COUNTED),
        ("rows_by_file", pa.map_(pa.int32(), pa.int64())),
    ]
)
# A record of RUNS.
Record = tuple[int, int, int, pa.Buffer]


@dataclass(frozen=True)
class PartitionWriter:
    """Writes below the key `prefix`; `published` has the keys' prefixes of the table's partitions by year and month."""

    objects: Objects
    files: Mapping[int, ClaimedFile]
    published: Mapping[tuple[int, int], str]
    prefix: str
    today: date

    def write(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """For `mapInArrow` over RUNS in the order of month, file and place: what was written, as SUMMARIES."""
        exempt_imports_from_collection()
        for (year, month), records in groupby(_records(batches), itemgetter(0, 1)):
            with TemporaryDirectory(dir=local_directory()) as folder:
                yield self._write_month(Path(folder), year, month, records)

    def _write_month(self, folder: Path, year: int, month: int, records: Iterable[Record]) -> pa.RecordBatch:
        runs = StagedRuns(folder / "runs.arrow")
        for key in self._published_keys(year, month):
            self.objects.download(key, folder / "published.parquet")
            runs.add_published(folder / "published.parquet")
        rows_by_file: dict[int, int] = {}
        for _, _, file, run in records:
            runs.add_claimed(decode_rows(run), self.files[file])
            rows_by_file[file] = 0
        runs.finish()
        path = folder / FILE_NAME
        write_file(path, merge_runs(runs.map, MOST_ROWS_AT_ONCE))
        summary, sources = summarize_file(path, year, month, self.today)
        self.objects.upload(path, month_prefix(self.prefix, year, month) + FILE_NAME)
        numbers = {(file.name, file.arrived_at): number for number, file in self.files.items()}
        rows_by_file |= {numbers[source]: rows for source, rows in sources.items() if source in numbers}
        values = {**asdict(summary), "rows_by_file": list(rows_by_file.items())}
        return pa.RecordBatch.from_pylist([values], SUMMARIES)

    def _published_keys(self, year: int, month: int) -> list[str]:
        prefix = self.published.get((year, month))
        return [key for key in self.objects.keys(prefix) if key.endswith(".parquet")] if prefix else []


def _records(batches: Iterable[pa.RecordBatch]) -> Iterator[Record]:
    for batch in batches:
        numbers = [batch.column(name).to_pylist() for name in ("year", "month", "file")]
        yield from zip(*numbers, (run.as_buffer() for run in batch.column("run")), strict=True)
