"""What was written, read back: the rows of a month, those that break a rule, and the files that they are from."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from lakehouse_glue.stocks.months.segments import DAY_BITS
from lakehouse_glue.stocks.parsing.rows import VALUES

REQUIRED = ["symbol", "trade_date", *VALUES, "source_file", "arrived_at"]
# Rows by the name of their file and its arrival.
Sources = Counter[tuple[str, datetime]]


@dataclass(frozen=True, order=True)
class MonthSummary:
    """A partition's rows, how many rows of the claim break each rule, and how many other rows break any of them."""

    year: int
    month: int
    rows: int
    duplicate_rows: int
    incomplete_rows: int
    misplaced_rows: int
    future_rows: int
    price_order_rows: int
    negative_volume_rows: int
    other_broken_rows: int

    @property
    def name(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


COUNTED = tuple(name for name in MonthSummary.__dataclass_fields__ if name not in ("year", "month"))


def summarize_file(
    path: Path, year: int, month: int, today: date, claimed: Collection[tuple[str, datetime]]
) -> tuple[MonthSummary, Sources]:
    """The summary of a partition that is one file, of which a row group at a time is in memory.

    `claimed`: names and arrivals of the claim's files.
    """
    counts = dict.fromkeys(COUNTED, 0)
    sources: Sources = Counter()
    last_symbol: str | None = None
    with pq.ParquetFile(path, read_dictionary=["symbol", "source_file"]) as file:
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number, REQUIRED, use_threads=False).unify_dictionaries().combine_chunks()
            symbols = pc.min_max(rows["symbol"].chunk(0).dictionary)
            if last_symbol is not None and symbols["min"].as_py() <= last_symbol:
                raise RuntimeError(f"{year}-{month:02d}: row group {number} repeats symbols of the one before it")
            last_symbol = symbols["max"].as_py()
            for name, count in _count_rows(rows, date(year, month, 1), today, claimed).items():
                counts[name] += count
            sources += _count_sources(rows)
    return MonthSummary(year, month, **counts), sources


def summary_frame(spark: SparkSession, summaries: list[MonthSummary]) -> DataFrame:
    """The summaries as a frame: one row per partition. A constant of the plan, which takes no Python worker to read."""
    columns = ", ".join(f"{name}: bigint" for name in MonthSummary.__dataclass_fields__)
    constant = f.lit(json.dumps([asdict(summary) for summary in summaries]))
    return spark.range(1, numPartitions=1).select(f.inline(f.from_json(constant, f"array<struct<{columns}>>")))


def _count_rows(rows: pa.Table, month: date, today: date, claimed: Collection[tuple[str, datetime]]) -> dict[str, int]:
    broken = _broken_rules(rows, month, today)
    at_fault = _any(*broken.values())
    pairs = rows.select(["source_file", "arrived_at"]).filter(at_fault).to_pylist()
    is_claimed = pa.array([_source(row) in claimed for row in pairs], pa.bool_())
    return {
        "rows": rows.num_rows,
        "duplicate_rows": rows.num_rows - _count_pairs(rows),
        "other_broken_rows": len(pairs) - is_claimed.true_count,
        **{rule: _count(pc.and_(mask.filter(at_fault), is_claimed)) for rule, mask in broken.items()},
    }


def _broken_rules(rows: pa.Table, month: date, today: date) -> dict[str, pa.ChunkedArray]:
    """Per rule whether a row breaks it."""
    days = rows["trade_date"]
    next_month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    low, high = rows["low"], rows["high"]
    order = [(low, rows["open"]), (low, rows["close"]), (rows["open"], high), (rows["close"], high)]
    return {
        "incomplete_rows": _any(*(pc.is_null(rows[name]) for name in REQUIRED)),
        "misplaced_rows": _any(pc.less(days, month), pc.greater_equal(days, next_month)),
        "future_rows": _any(pc.greater(days, today)),
        "price_order_rows": _any(*(pc.greater(less, more) for less, more in order)),
        "negative_volume_rows": _any(pc.less(rows["volume"], 0)),
    }


def _any(*conditions: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether one of the conditions is true of a row."""
    return reduce(pc.or_kleene, conditions).fill_null(False)


def _count(condition: pa.ChunkedArray) -> int:
    """Rows of which a condition is true."""
    return pc.sum(condition, min_count=0).as_py()


def _count_pairs(rows: pa.Table) -> int:
    """Distinct symbols and dates."""
    symbols = rows["symbol"].chunk(0).indices.fill_null(-1).to_numpy().astype(np.int64)
    days = rows["trade_date"].chunk(0).view(pa.int32()).fill_null(0).to_numpy()
    # Far faster than a hash table where the rows are in order.
    pairs = np.sort((symbols << DAY_BITS) + days)
    return np.count_nonzero(np.diff(pairs)) + 1


def _count_sources(rows: pa.Table) -> Sources:
    counted = rows.group_by(["source_file", "arrived_at"], use_threads=False).aggregate([([], "count_all")])
    return Counter({_source(row): row["count_all"] for row in counted.to_pylist()})


def _source(row: dict[str, Any]) -> tuple[str, datetime]:
    """The name of a row's file, and its arrival."""
    return row["source_file"], row["arrived_at"] and row["arrived_at"].replace(tzinfo=UTC)
