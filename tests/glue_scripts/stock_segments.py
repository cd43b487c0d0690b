"""Rows of stock files as parsing hands them on, without Spark."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from lakehouse_glue.arrivals.objects import Objects
from lakehouse_glue.data_files import DataFile
from lakehouse_glue.stocks.months.segments import encode_segment, sort_by_month
from lakehouse_glue.stocks.months.writer import MonthWriter
from lakehouse_glue.stocks.parsing.chunks import SEGMENTS
from lakehouse_glue.stocks.parsing.rows import PRICES

from lakehouse_contract.arrivals.claims import ClaimedFile
from lakehouse_contract.tables import declared_table

FIRST_ARRIVAL = datetime(2024, 4, 1, tzinfo=UTC)
TODAY = date(2024, 5, 1)
MONTH = "year=2005/month=1"
FIELD_IDS = {name: number for number, name in enumerate(declared_table("stock_prices").by_name, start=1)}
# Symbol, day of January 2005 and price in millionths.
Row = tuple[str, int, int]


def stock_file(number: int) -> ClaimedFile:
    """A file that arrives in the hour of its number."""
    return ClaimedFile(f"{number}.csv", f"key-{number}", 1, f"etag-{number}", FIRST_ARRIVAL + timedelta(hours=number))


def writer(
    folder: Path,
    files: Iterable[int],
    prefix: str = "new/",
    published: Path | None = None,
    deletes: Sequence[Path] = (),
) -> MonthWriter:
    claimed = {number: stock_file(number) for number in files}
    found = {}
    if published:
        found[MONTH] = [DataFile(published.as_uri(), 0, tuple(path.as_uri() for path in deletes))]
    return MonthWriter(Objects(folder.as_uri()), claimed, found, prefix, "jr_1", FIELD_IDS, TODAY)


def segments_of(chunks: Iterable[tuple[int, list[Row]]]) -> Iterator[pa.RecordBatch]:
    """Batches of SEGMENTS of the rows of files by number."""
    for place, (file, rows) in enumerate(chunks):
        symbols, days, prices = zip(*rows, strict=True)
        yield segment_of(file, place, pa.array(symbols), np.array(days), np.array(prices))


def segment_of(file: int, place: int, symbols: pa.Array, days: np.ndarray, prices: np.ndarray) -> pa.RecordBatch:
    dates = (np.datetime64("2004-12-31") + days).astype("datetime64[D]")
    columns = {"symbol": symbols, "trade_date": pa.array(dates), **dict.fromkeys(PRICES, pa.array(prices))}
    (segment,) = sort_by_month(pa.table(columns | {"volume": pa.array(prices)}))
    record = {
        "year": segment.year,
        "month": segment.month,
        "file": file,
        "place": place,
        "segment": encode_segment(segment),
    }
    return pa.RecordBatch.from_pylist([record], SEGMENTS)


def written_file(folder: Path, prefix: str = "new/") -> Path:
    return folder / prefix / MONTH / "jr_1.parquet"


def written_rows(folder: Path, prefix: str = "new/") -> list[dict[str, Any]]:
    return pq.read_table(written_file(folder, prefix), partitioning=None).to_pylist()
