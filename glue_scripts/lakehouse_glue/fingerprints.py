"""Fingerprints of rows, which no order of rows or files changes: equal ones mean the same rows."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

Fingerprint = tuple[int, int, int]
"""Number of rows, and two sums of 64-bit hashes of theirs."""
SEEDS = (1, 2)


def fingerprints(
    frame: DataFrame, columns: Sequence[str], keys: Sequence[str] = ()
) -> dict[tuple[int, ...], Fingerprint]:
    """Fingerprint of the columns by the values of the key columns; without keys, one under ().

    Sums wrap around in 64 bits, so the session must not be in ANSI mode (see `session`).
    """
    hashes = [f.coalesce(f.sum(row_hash(columns, seed)), f.lit(0)).alias(f"hash_{seed}") for seed in SEEDS]
    rows = frame.groupBy(*keys).agg(f.count("*").alias("rows"), *hashes).collect()
    return {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in rows}


def row_hash(columns: Sequence[str], seed: int) -> Column:
    """Spark's hash passes over nulls; with where they are, ("x", null) and (null, "x") differ."""
    return f.xxhash64(f.lit(seed), *columns, *(f.col(name).isNull() for name in columns))
