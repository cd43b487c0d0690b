"""The watchlist: a CSV file in the lake, kept by whoever decides which symbols are wanted."""

import csv
import io
import re
from dataclasses import fields
from datetime import date

from lakehouse_aws.errors import LakeError
from lakehouse_contract.market_data import WatchedSymbol, stored_symbol

COLUMNS = tuple(field.name for field in fields(WatchedSymbol))
REQUIRED_COLUMNS = COLUMNS[:-1]
# As Twelve Data writes them: BRK.B, BTC/USD, VOW3:XETR.
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-/:]{0,31}")
_TRUTH = {"true": True, "false": False}


def read_watchlist(text: str, name: str) -> list[WatchedSymbol]:
    """The rows in their order; raises LakeError naming the line that cannot be used.

    :param name: where the text is from, for the error
    """
    # Some spreadsheets end lines in a carriage return alone.
    lines = io.StringIO(text.removeprefix("\ufeff"), newline=None)
    reader = csv.DictReader(lines, skipinitialspace=True)
    missing = [column for column in REQUIRED_COLUMNS if column not in (reader.fieldnames or [])]
    if missing:
        raise LakeError(
            f"{name} has no column {' and no column '.join(missing)}: its first line is {','.join(COLUMNS)}."
        )
    rows: dict[str, WatchedSymbol] = {}
    for line in reader:
        row = _read_row(line, f"{name}, line {reader.line_num}")
        stored = stored_symbol(row.symbol)
        if stored in rows:
            raise LakeError(f"{name}, line {reader.line_num}: {stored} is there twice: remove one of the lines.")
        rows[stored] = row
    return list(rows.values())


def _read_row(line: dict[str, str | None], place: str) -> WatchedSymbol:
    values = {column: (line.get(column) or "").strip() for column in COLUMNS}
    if not _SYMBOL.fullmatch(values["symbol"]):
        raise LakeError(f"{place}: {values['symbol']!r} is no symbol: write it as the API does, such as AAPL or BRK.B.")
    try:
        since_date = date.fromisoformat(values["since_date"]).isoformat()
    except ValueError:
        raise LakeError(f"{place}: {values['since_date']!r} is no day: write it as 2016-11-22.") from None
    is_active = _TRUTH.get(values["is_active"].lower())
    if is_active is None:
        raise LakeError(f"{place}: is_active is {values['is_active']!r}: write true or false.")
    return WatchedSymbol(values["symbol"], since_date, is_active, values["sector"])
