"""Dates in the forms that a feed declares, and whether their days or their months come first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ISO_FORMAT = "%Y-%m-%d"
ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TOKEN = re.compile(r"%.?")
TOKENS = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%b": r"(?P<month>[A-Za-z]{3})",
    "%z": r"(?:Z|[-+]\d{2}:?\d{2})",
}
REQUIRED_TOKENS = (["%Y", "%b", "%d"], ["%Y", "%d", "%m"])


@dataclass(frozen=True)
class Orders:
    """Dates of which day and month can change places, by what they show: that the month comes first, that the day does,
    or neither.
    """

    month_first: int = 0
    day_first: int = 0
    either: int = 0

    def __add__(self, other: "Orders") -> "Orders":
        return Orders(
            self.month_first + other.month_first, self.day_first + other.day_first, self.either + other.either
        )

    @property
    def needs_day_first(self) -> bool:
        """Whether dates that were read month first are to be read day first."""
        return self.day_first > 0 and self.either > 0

    @property
    def problem(self) -> str | None:
        """Why the dates of a file cannot be read, None where they can."""
        if self.month_first and self.day_first:
            return (
                f"{self.month_first} of its dates can only be read month first and {self.day_first} only day first: "
                "put the file into the folder of a feed that says which holds, and the others will be rejected."
            )
        if self.either and not self.month_first and not self.day_first:
            return (
                f"{self.either} of its dates can be read month first or day first, and no other one shows which "
                "holds: put the file into the folder of a feed that says so."
            )
        return None


@dataclass(frozen=True)
class Dates:
    """Days since 1970-01-01, and the texts that are blank, or no date. The value of such a text is 0."""

    days: np.ndarray
    is_missing: np.ndarray
    is_invalid: np.ndarray
    orders: Orders = field(default_factory=Orders)


def check_format(date_format: str) -> str | None:
    """What is wrong with a format, None for nothing."""
    tokens = TOKEN.findall(date_format)
    unknown = [token for token in tokens if token not in TOKENS]
    if unknown:
        return f"{unknown[0]} is not one of {', '.join(TOKENS)}"
    if sorted(token for token in tokens if token != "%z") not in REQUIRED_TOKENS:  # noqa: S105 - of a date
        return "it needs %Y, %m or %b, and %d once each"
    return None


def parse_dates(texts: pa.StringArray, formats: Sequence[str], is_day_first: bool | None = None) -> Dates:
    """The dates of texts that are in one of the formats.

    Of two formats that differ in the order of month and day alone, `is_day_first` says which one holds. Where it is
    None, a text that fits both is read month first, and `orders` tells what the texts show.
    """
    if ISO_FORMAT not in formats or _has_rival(ISO_FORMAT, formats):
        return _parse_forms(texts, formats, is_day_first)
    try:
        return _all_valid(pc.cast(texts, pa.date32()))
    except pa.ArrowInvalid:
        return _parse_mixed(texts, formats, is_day_first)


def _all_valid(dates: pa.Array) -> Dates:
    days = dates.view(pa.int32()).to_numpy(zero_copy_only=False).copy()
    return Dates(days, np.zeros(len(days), dtype=bool), np.zeros(len(days), dtype=bool))


def _parse_mixed(texts: pa.StringArray, formats: Sequence[str], is_day_first: bool | None) -> Dates:
    """Texts of which most are in ISO form and some are not."""
    is_odd = pc.invert(pc.match_substring_regex(texts, ISO_DATE))
    try:
        dates = _all_valid(pc.cast(pc.if_else(is_odd, "1970-01-01", texts), pa.date32()))
    except pa.ArrowInvalid:
        # One of them is of a day that its month does not have.
        return _parse_forms(texts, formats, is_day_first)
    odd = _parse_forms(texts.filter(is_odd), formats, is_day_first)
    where = is_odd.to_numpy(zero_copy_only=False)
    for name in ("days", "is_missing", "is_invalid"):
        getattr(dates, name)[where] = getattr(odd, name)
    return replace(dates, orders=odd.orders)


def _parse_forms(texts: pa.StringArray, formats: Sequence[str], is_day_first: bool | None) -> Dates:
    trimmed = pc.utf8_trim_whitespace(texts)
    is_missing = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    days, is_valid = np.zeros(len(texts), dtype=np.int32), np.zeros(len(texts), dtype=bool)
    orders = Orders()
    for date_format in sorted(formats, key=lambda each: _has_rival(each, formats) and _is_day_first(each)):
        has_rival = _has_rival(date_format, formats)
        if has_rival and is_day_first not in (None, _is_day_first(date_format)):
            continue
        places = np.flatnonzero(~is_valid & ~is_missing)
        year, month, day = _parts(trimmed.take(pa.array(places)), date_format)
        found, is_found = _days(year, month, day)
        if has_rival and is_day_first is None and not _is_day_first(date_format):
            orders += _orders(is_found, _days(year, day, month)[1], month != day)
        days[places[is_found]] = found[is_found]
        is_valid[places[is_found]] = True
    return Dates(days, is_missing, ~is_valid & ~is_missing, orders)


def _swapped(date_format: str) -> str:
    """The format with month and day in each other's place."""
    return TOKEN.sub(lambda token: {"%m": "%d", "%d": "%m"}.get(token[0], token[0]), date_format)


def _has_rival(date_format: str, formats: Sequence[str]) -> bool:
    rival = _swapped(date_format)
    return rival != date_format and rival in formats


def _is_day_first(date_format: str) -> bool:
    return date_format.index("%d") < date_format.index("%m")


def _orders(is_month_first: np.ndarray, is_day_first: np.ndarray, differ: np.ndarray) -> Orders:
    """What texts show that are dates month first, day first, or both."""
    shown = (is_month_first & ~is_day_first, is_day_first & ~is_month_first, is_month_first & is_day_first & differ)
    return Orders(*(int(np.count_nonzero(condition)) for condition in shown))


def _parts(texts: pa.StringArray, date_format: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day of texts; -1, 0 and 0 of a text in another form."""
    parts = pc.extract_regex(texts, pattern=_pattern(date_format))
    month = pc.struct_field(parts, "month")
    if "%b" in date_format:
        month = pc.add(pc.index_in(pc.utf8_lower(month), pa.array(MONTHS)), 1)
    year, day = pc.struct_field(parts, "year"), pc.struct_field(parts, "day")
    return tuple(
        pc.fill_null(pc.cast(part, pa.int64()), missing).to_numpy(zero_copy_only=False)
        for part, missing in ((year, -1), (month, 0), (day, 0))
    )


@cache
def _pattern(date_format: str) -> str:
    """A regular expression of RE2; month and day have two digits where another part touches them."""
    first, *between, last = (re.escape(literal) for literal in TOKEN.split(date_format))
    pattern = first
    for token, before, after in zip(TOKEN.findall(date_format), ["^", *between], [*between, "$"], strict=True):
        pattern += TOKENS[token] if before and after else TOKENS[token].replace("{1,2}", "{2}")
        pattern += after.removesuffix("$")
    pattern += last
    return f"^{pattern}$"


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970-01-01, and which of them are days that there are."""
    first_of_month = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    date = first_of_month.astype("datetime64[D]") + (day - 1)
    is_date = (year >= 0) & (month >= 1) & (month <= 12) & (day >= 1)
    is_date &= date.astype("datetime64[M]") == first_of_month
    return date.astype(np.int64), is_date
