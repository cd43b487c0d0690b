"""Odd stock files through the running stack, and what became of their rows beside the plain reading."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from stack import aws
from stack.arrivals.drop import DroppedFile, content_checksum, follow
from stack.arrivals.ledger import LedgerRow
from stack.cloudformation import outputs
from stack.lifecycle import Stack
from stack.queries import query_athena
from stack.settings import StackSettings
from tests.fuzz.difference import Difference
from tests.fuzz.found import keep_file
from tests.fuzz.stock_files import StockFile, make_file
from tests.fuzz.stock_forms import PRICES
from tests.fuzz.stock_reading import Reading, Row, read_plainly

FILES_PER_ROUND = 60
WHAT = f"{FILES_PER_ROUND} stock files"
# Most files have so few odd rows that they are loaded.
ROWS, ODDITY = (None, 100, 300), 0.1
MAX_REJECT_SHARE = 0.05
Key = tuple[str, date]


@dataclass(frozen=True)
class Published:
    """What the lake holds of a round: the table's rows by key with the file that they are from, and the rejected lines
    by file.
    """

    rows: dict[Key, tuple[str, Row]]
    rejected: dict[str, set[int]]


def play(stack: Stack, seed: int) -> list[Difference]:
    """Drop the files of a seed, wait until they are in the ledger, and compare."""
    settings = stack.settings
    random = Random(seed)  # noqa: S311 - repeatable
    made = [make_file(random, random.choice(ROWS), ODDITY) for _ in range(FILES_PER_ROUND)]
    files = [
        replace(file, name=f"{file.form.feed}/fuzz-{seed}-{number}/{file.form.file_name}")
        for number, file in enumerate(made)
    ]
    ledger = {row.file_name: row for row in follow(settings, STOCK_FILES, _drop(settings, files))}
    published = _published(settings, seed, {row[0] for file in files for row in read_plainly(file).rows.values()})
    return [
        Difference(f"{file.name}: {what}", keep_file(file))
        for file in files
        for what in _differences(file, read_plainly(file), ledger[file.name], published)
    ]


def _drop(settings: StackSettings, files: list[StockFile]) -> list[DroppedFile]:
    s3, bucket = aws.client("s3", settings), outputs(settings)["LakeBucket"]
    dropped = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for file in files:
            path.write_bytes(file.content)
            dropped_at = datetime.now(UTC).replace(microsecond=0)
            s3.upload_file(str(path), bucket, STOCK_FILES.landing_prefix + file.name)
            dropped.append(DroppedFile(file.name, content_checksum(path), dropped_at))
    return dropped


def _published(settings: StackSettings, seed: int, symbols: set[str]) -> Published:
    marks = ", ".join("?" for _ in symbols) or "''"
    rows = query_athena(
        settings,
        f"SELECT symbol, trade_date, open, high, low, close, volume, source_file FROM stock_prices "
        f"WHERE symbol IN ({marks})",
        sorted(symbols),
    ).rows
    by_key = {}
    for symbol, day, *values, source_file in rows:
        by_key[symbol, date.fromisoformat(day)] = source_file, (symbol, date.fromisoformat(day), *map(Decimal, values))
    rejected = defaultdict(set)
    for source_file, line in query_athena(
        settings,
        "SELECT source_file, line_number FROM stock_price_rejects WHERE source_file LIKE ?",
        [f"%/fuzz-{seed}-%"],
    ).rows:
        rejected[source_file].add(int(line))
    return Published(by_key, rejected)


def _differences(file: StockFile, reading: Reading, row: LedgerRow, published: Published) -> Iterator[str]:
    if row.status == "duplicate":
        return
    total = len(reading.rows) + len(reading.rejected)
    is_usable = reading.has_order and len(reading.rejected) <= MAX_REJECT_SHARE * total
    expected_status = "loaded" if is_usable else "quarantined"
    if row.status != expected_status:
        yield f"it is {row.status} ({row.reason}), not {expected_status}"
    elif row.rows_in != row.rows_out + row.rows_rejected:
        yield f"{row.rows_in} rows in are not {row.rows_out} out and {row.rows_rejected} rejected"
    elif is_usable:
        yield from _differing_rows(file, reading, published)


def _differing_rows(file: StockFile, reading: Reading, published: Published) -> Iterator[str]:
    rejected = published.rejected[file.name]
    if missing := reading.rejected - rejected:
        yield f"the lines {sorted(missing)} are not in the rejects"
    if unknown := rejected - reading.rejected - reading.rows.keys():
        yield f"the rejected lines {sorted(unknown)} are no rows of the file"
    last = {(symbol, day): (symbol, day, *values) for symbol, day, *values in reading.rows.values()}
    for key, expected in last.items():
        source_file, found = published.rows.get(key, ("", None))
        if found is None:
            yield f"{key} is not in the table"
        elif source_file == file.name and found != expected:
            yield f"{key} is {dict(zip(PRICES, found[2:], strict=False))} in the table, not {expected[2:]}"
    for key, (source_file, _) in published.rows.items():
        if source_file == file.name and key not in last:
            yield f"the table has {key}, which the file does not hold"
