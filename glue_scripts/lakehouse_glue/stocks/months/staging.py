"""Segments of a month in a local file, from which they are read without a copy: a month may be larger than memory."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_glue.stocks.months.files import ARRIVAL, units_of
from lakehouse_glue.stocks.months.segments import sort_by_month
from lakehouse_glue.stocks.parsing.rows import VALUES

TEXT = pa.dictionary(pa.int32(), pa.string())
STAGED = pa.schema(
    [
        ("symbol", TEXT),
        ("trade_date", pa.date32()),
        *((name, pa.int64()) for name in VALUES),
        ("source_file", TEXT),
        ("arrived_at", ARRIVAL),
    ]
)
ROWS_PER_READ = 256 * 1024


class StagedSegments:
    """A file to which segments are added, and then read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = pa.ipc.new_stream(str(path), STAGED)

    def add_claimed(self, rows: pa.RecordBatch, file: ClaimedFile) -> None:
        """Add rows of a file of the claim."""
        names = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows.num_rows), [file.name])
        arrivals = pa.repeat(pa.scalar(file.arrived_at, ARRIVAL), rows.num_rows)
        self._stream.write_batch(pa.RecordBatch.from_arrays([*rows.columns, names, arrivals], schema=STAGED))

    def add_published(self, path: Path, deleted: np.ndarray) -> None:
        """Add the rows of a file of the table, but for those at the positions that are deleted, which ascend."""
        first = 0
        with pq.ParquetFile(path, read_dictionary=["source_file"]) as file:
            for batch in file.iter_batches(ROWS_PER_READ, columns=STAGED.names, use_threads=False):
                start, end = np.searchsorted(deleted, [first, first + batch.num_rows])
                is_kept = np.ones(batch.num_rows, dtype=bool)
                is_kept[deleted[start:end] - first] = False
                first += batch.num_rows
                for segment in sort_by_month(_with_units(batch).filter(pa.array(is_kept))):
                    self._stream.write_batch(segment.rows)

    def finish(self) -> None:
        self._stream.close()

    def map(self) -> list[pa.RecordBatch]:
        """The segments of a finished file in the order in which they came. Only what is read of them is in memory."""
        return list(pa.ipc.open_stream(pa.memory_map(str(self._path))))


def _with_units(batch: pa.RecordBatch) -> pa.Table:
    columns = {name: units_of(batch[name]) if name in VALUES else batch[name] for name in STAGED.names}
    return pa.table(columns | {"arrived_at": batch["arrived_at"].cast(ARRIVAL)})
