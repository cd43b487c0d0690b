"""Dirty rows and dirty forms of files: every kind that a reader must clean or reject."""

from datetime import date

import numpy as np

from stack.arrivals.dirt import BYTE_ORDER_MARK, EXTRA_COLUMN, Dirt, Fields, FileForm, Outcome, each, without
from stack.stocks.lines import COLUMNS

MONTHS = 12

_SEED = 19_870_131
_PRICES = ("open", "high", "low", "close")


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


def _with_other_volume(_: Fields, row_before: Fields) -> Fields:
    return row_before | {"volume": str(int(row_before["volume"]) + 1)}


KINDS = {
    "slashes_in_date": Dirt(Outcome.CLEANED, _with_slashes),
    "compact_date": Dirt(Outcome.CLEANED, each(("date",), lambda text: text.replace("-", ""))),
    "thousands_separators": Dirt(Outcome.CLEANED, _with_thousands_separators),
    "currency_sign": Dirt(Outcome.CLEANED, each(_PRICES, lambda text: f"${text}")),
    "blanks": Dirt(Outcome.CLEANED, each(COLUMNS, lambda text: f"  {text} ")),
    "quoted": Dirt(Outcome.CLEANED, each(COLUMNS, lambda text: f'"{text}"')),
    "lower_case_symbol": Dirt(Outcome.CLEANED, each(("symbol",), str.lower)),
    "unreadable_date": Dirt(Outcome.REJECTED, each(("date",), lambda text: f"{text[:4]}-13-45")),
    "unreadable_price": Dirt(Outcome.REJECTED, each(("open",), lambda _: "n/a")),
    "commas_in_volume": Dirt(Outcome.REJECTED, _with_thousands_commas),
    "empty_price": Dirt(Outcome.REJECTED, each(("close",), lambda _: "")),
    "empty_symbol": Dirt(Outcome.REJECTED, each(("symbol",), lambda _: "")),
    "column_too_few": Dirt(Outcome.REJECTED, without("volume")),
    "column_too_many": Dirt(Outcome.REJECTED, lambda row, _: row | {EXTRA_COLUMN: "0"}),
    "low_above_open": Dirt(Outcome.REJECTED, each(("low",), lambda text: f"9{text}")),
    "close_above_high": Dirt(Outcome.REJECTED, each(("close",), lambda text: f"9{text}")),
    "negative_volume": Dirt(Outcome.REJECTED, each(("volume",), lambda text: f"-1{text}")),
    "future_date": Dirt(Outcome.REJECTED, each(("date",), lambda text: f"2999{text[4:]}")),
    "duplicate_identical": Dirt(Outcome.REJECTED, lambda _, row_before: row_before),
    "duplicate_superseded": Dirt(Outcome.REJECTED, _with_other_volume),
}


_OTHER_ORDER = ("symbol", "date", "close", "open", "low", "high", "volume")
_FORMS = (
    FileForm(COLUMNS),
    FileForm(COLUMNS, byte_order_mark=BYTE_ORDER_MARK),
    FileForm(COLUMNS, line_end="\r\n"),
    FileForm(COLUMNS, write_name=str.upper),
    FileForm(_OTHER_ORDER),
    FileForm(_OTHER_ORDER, BYTE_ORDER_MARK, "\r\n", str.upper),
)


def file_form(month: date, dirt: float) -> FileForm:
    """The plain form for clean files; the months of dirty ones take turns with all forms."""
    return _FORMS[(month.year * 12 + month.month) % len(_FORMS)] if dirt else _FORMS[0]


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
