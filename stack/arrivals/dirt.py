"""Dirty rows and dirty forms of files: every kind that a reader must clean or reject."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum

import numpy as np

from stack.arrivals.lines import COLUMNS

Fields = dict[str, str]

LARGEST_SHARE = 0.5
MONTHS = 12

_SEED = 19_870_131
_PRICES = ("open", "high", "low", "close")
_EXTRA = "extra"


class Outcome(Enum):
    """What becomes of a dirty row on its way into the table."""

    CLEANED = "cleaned"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Dirt:
    """`change` makes the columns of a dirty row from those of a clean one and of the clean row before it."""

    outcome: Outcome
    change: Callable[[Fields, Fields], Fields]


def _each(columns: tuple[str, ...], change: Callable[[str], str]) -> Callable[[Fields, Fields], Fields]:
    return lambda row, _: row | {column: change(row[column]) for column in columns}


def _with_slashes(row: Fields, _: Fields) -> Fields:
    """The date as in the United States, where it cannot be read another way; a file with others says nothing."""
    day = date.fromisoformat(row["date"])
    if day.day <= MONTHS:
        return row | {"date": f"{day:%Y/%m/%d}"}
    return row | {"date": f"{day.month}/{day.day}/{day.year}"}


def _with_thousands_separators(row: Fields, _: Fields) -> Fields:
    return row | {"volume": f"{int(row['volume']):,}".replace(",", " ")}


def _with_thousands_commas(row: Fields, _: Fields) -> Fields:
    """Which may be decimal commas as well."""
    return row | {"volume": f'"{int(row["volume"]) + 1000:,}"'}


def _without_volume(row: Fields, _: Fields) -> Fields:
    return {column: text for column, text in row.items() if column != "volume"}


def _with_other_volume(_: Fields, row_before: Fields) -> Fields:
    return row_before | {"volume": str(int(row_before["volume"]) + 1)}


KINDS = {
    "slashes_in_date": Dirt(Outcome.CLEANED, _with_slashes),
    "compact_date": Dirt(Outcome.CLEANED, _each(("date",), lambda text: text.replace("-", ""))),
    "thousands_separators": Dirt(Outcome.CLEANED, _with_thousands_separators),
    "currency_sign": Dirt(Outcome.CLEANED, _each(_PRICES, lambda text: f"${text}")),
    "blanks": Dirt(Outcome.CLEANED, _each(COLUMNS, lambda text: f"  {text} ")),
    "quoted": Dirt(Outcome.CLEANED, _each(COLUMNS, lambda text: f'"{text}"')),
    "lower_case_symbol": Dirt(Outcome.CLEANED, _each(("symbol",), str.lower)),
    "unreadable_date": Dirt(Outcome.REJECTED, _each(("date",), lambda text: f"{text[:4]}-13-45")),
    "unreadable_price": Dirt(Outcome.REJECTED, _each(("open",), lambda _: "n/a")),
    "commas_in_volume": Dirt(Outcome.REJECTED, _with_thousands_commas),
    "empty_price": Dirt(Outcome.REJECTED, _each(("close",), lambda _: "")),
    "empty_symbol": Dirt(Outcome.REJECTED, _each(("symbol",), lambda _: "")),
    "column_too_few": Dirt(Outcome.REJECTED, _without_volume),
    "column_too_many": Dirt(Outcome.REJECTED, lambda row, _: row | {_EXTRA: "0"}),
    "low_above_open": Dirt(Outcome.REJECTED, _each(("low",), lambda text: f"9{text}")),
    "close_above_high": Dirt(Outcome.REJECTED, _each(("close",), lambda text: f"9{text}")),
    "negative_volume": Dirt(Outcome.REJECTED, _each(("volume",), lambda text: f"-1{text}")),
    "future_date": Dirt(Outcome.REJECTED, _each(("date",), lambda text: f"2999{text[4:]}")),
    "duplicate_identical": Dirt(Outcome.REJECTED, lambda _, row_before: row_before),
    "duplicate_superseded": Dirt(Outcome.REJECTED, _with_other_volume),
}


@dataclass(frozen=True)
class FileForm:
    """How a file is written, whatever its rows."""

    byte_order_mark: bytes = b""
    line_end: str = "\n"
    has_upper_case_header: bool = False
    order: tuple[str, ...] = COLUMNS

    @property
    def header(self) -> bytes:
        names = ",".join(self.order)
        text = names.upper() if self.has_upper_case_header else names
        return self.byte_order_mark + (text + self.line_end).encode()


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_ORDER = ("symbol", "date", "close", "open", "low", "high", "volume")
_FORMS = (
    FileForm(),
    FileForm(byte_order_mark=_BYTE_ORDER_MARK),
    FileForm(line_end="\r\n"),
    FileForm(has_upper_case_header=True),
    FileForm(order=_OTHER_ORDER),
    FileForm(_BYTE_ORDER_MARK, "\r\n", has_upper_case_header=True, order=_OTHER_ORDER),
)


def file_form(month: date, dirt: float) -> FileForm:
    """The plain form for clean files; the months of dirty ones take turns with all forms."""
    return _FORMS[(month.year * 12 + month.month) % len(_FORMS)] if dirt else FileForm()


def dirty_rows(month: date, days: int, symbols: int, share: float) -> dict[tuple[int, int], str]:
    """The kind of each dirty row by its (day, symbol), as numbers from 0; the row before a dirty one is clean."""
    places = days * (symbols // 2)
    count = min(round(days * symbols * share), places)
    random = np.random.default_rng([_SEED, month.toordinal()])
    chosen = random.choice(places, size=count, replace=False).tolist()
    kinds = list(KINDS)
    return {
        (place // (symbols // 2), place % (symbols // 2) * 2 + 1): kinds[number % len(kinds)]
        for number, place in enumerate(chosen)
    }


def dirty_line(kind: str, line: str, line_before: str, form: FileForm) -> str:
    """The dirty row of this kind that takes the place of a clean `line`."""
    row, row_before = (dict(zip(form.order, text.rstrip().split(","), strict=True)) for text in (line, line_before))
    changed = KINDS[kind].change(row, row_before)
    return ",".join([changed[column] for column in (*form.order, _EXTRA) if column in changed]) + form.line_end
