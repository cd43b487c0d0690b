"""The stock prices of CSV files, worked out row by row in plain Python."""

import csv
import gzip
import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

COLUMNS = ["date", "symbol", "open", "high", "low", "close", "volume"]
PRICES = ("open", "high", "low", "close")

Key = tuple[str, date]
Prices = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]


@dataclass
class StockPrices:
    """What the table must hold, and by a file's checksum the number of its rows and the lines that it must not take."""

    prices: dict[Key, Prices] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    rejected_lines: dict[str, set[int]] = field(default_factory=dict)

    def arrive(self, path: Path) -> None:
        """Rows replace those of earlier files; within a file the later line wins and the other is rejected."""
        content = checksum(path)
        rows = numbered_rows(path)
        rejected = self.rejected_lines[content] = set()
        self.rows[content] = len(rows)
        line_of_key: dict[Key, int] = {}
        for line, fields in rows:
            row = typed_row(fields)
            if row is None or not is_valid(*row):
                rejected.add(line)
                continue
            key, prices = row
            if key in line_of_key:
                rejected.add(line_of_key[key])
            line_of_key[key] = line
            self.prices[key] = prices


def checksum(path: Path) -> str:
    """As the ledger has it."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def numbered_rows(path: Path) -> list[tuple[int, dict[str, str] | None]]:
    """The rows below the header with their line numbers; None for a row of more or fewer columns."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    header = [name.strip().lower() for name in next(reader)]
    assert sorted(header) == sorted(COLUMNS), header
    return [
        (reader.line_num, dict(zip(header, fields, strict=True)) if len(fields) == len(header) else None)
        for fields in reader
    ]


def typed_row(fields: dict[str, str] | None) -> tuple[Key, Prices] | None:
    """None for a row that cannot be read."""
    if fields is None:
        return None
    try:
        day = read_date(fields["date"].strip())
        values = [Decimal(plain_number(fields[name])) for name in (*PRICES, "volume")]
    except (ValueError, InvalidOperation):
        return None
    symbol = fields["symbol"].strip().upper()
    return ((symbol, day), tuple(values)) if symbol else None


def read_date(text: str) -> date:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise ValueError(text)


def plain_number(text: str) -> str:
    return re.sub(r"[$ ]", "", text)


def is_valid(key: Key, prices: Prices) -> bool:
    opening, high, low, closing, volume = prices
    return low <= opening and closing <= high and volume >= 0 and key[1] <= datetime.now(UTC).date()
