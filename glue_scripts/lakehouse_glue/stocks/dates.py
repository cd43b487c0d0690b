"""Dates in ISO form (2005-01-31), as in the United States (1/31/2005) and compact (20050131)."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
DATE = (
    r"^(?:(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})"
    r"|(?P<m2>\d{1,2})/(?P<d2>\d{1,2})/(?P<y2>\d{4})"
    r"|(?P<y3>\d{4})(?P<m3>\d{2})(?P<d3>\d{2}))$"
)


@dataclass(frozen=True)
class Dates:
    """Days since 1970-01-01, and the texts that are blank, or no date. The value of such a text is 0."""

    days: np.ndarray
    is_missing: np.ndarray
    is_invalid: np.ndarray


def parse_dates(values: pa.Array) -> Dates:
    """The dates of texts, or of texts that a parser has made dates."""
    if pa.types.is_string(values.type):
        return _parse_mixed(values)
    nowhere = np.zeros(len(values), dtype=bool)
    return Dates(values.cast(pa.int32()).to_numpy(), nowhere, nowhere)


def _parse_mixed(texts: pa.Array) -> Dates:
    """Texts of which most are in ISO form and some are not."""
    is_odd = pc.invert(pc.match_substring_regex(texts, ISO_DATE))
    try:
        days = pc.cast(pc.if_else(is_odd, "1970-01-01", texts), pa.date32()).cast(pa.int32())
    except pa.ArrowInvalid:
        # One of them is of a day that its month does not have.
        return _parse_texts(texts)
    dates = Dates(days.to_numpy().copy(), *(np.zeros(len(texts), dtype=bool) for _ in range(2)))
    odd = _parse_texts(texts.filter(is_odd))
    where = is_odd.to_numpy(zero_copy_only=False)
    for name in ("days", "is_missing", "is_invalid"):
        getattr(dates, name)[where] = getattr(odd, name)
    return dates


def _parse_texts(texts: pa.Array) -> Dates:
    trimmed = pc.utf8_trim_whitespace(texts)
    is_missing = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    parts = pc.extract_regex(trimmed, pattern=DATE)
    year, month, day = (_integers(parts, letter) for letter in "ymd")
    first_of_month = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    date = first_of_month.astype("datetime64[D]") + (day - 1)
    is_valid = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (date.astype("datetime64[M]") == first_of_month)
    days = np.where(is_valid, date.astype(np.int64), 0).astype(np.int32)
    return Dates(days, is_missing, ~is_valid & ~is_missing)


def _integers(parts: pa.StructArray, letter: str) -> np.ndarray:
    """Year, month or day of the form that matched, 0 where none did: the groups of the others are empty."""
    groups = [pc.fill_null(pc.struct_field(parts, f"{letter}{form}"), "") for form in (1, 2, 3)]
    digits = pc.binary_join_element_wise("0", *groups, "")
    return pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)
