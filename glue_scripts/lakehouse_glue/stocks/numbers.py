"""Numbers as people and programs write them, to 64-bit integers of ten-thousandths."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SCALE = 4
UNIT = 10**SCALE
MOST_INTEGER_DIGITS = 14
MOST = 10**MOST_INTEGER_DIGITS
# Below it a double is off by less than a quarter of a unit.
MOST_EXACT_UNITS = 2.0**51
EXACT = 1e-5
CURRENCY = "[$€£¥]?"
SEPARATOR = "[, '’\\x{00A0}\\x{202F}]"
PLAIN_NUMBER = r"^-?\d{1,10}(\.\d{1,4})?$"
NUMBER = (
    rf"^(?P<sign>[-+]?)\s*{CURRENCY}\s*(?P<inner_sign>[-+]?)\s*"
    rf"(?P<integer>\d{{1,3}}(?:{SEPARATOR}\d{{3}})+|\d*)(?:\.(?P<fraction>\d*))?\s*{CURRENCY}$"
)


@dataclass(frozen=True)
class Numbers:
    """Ten-thousandths, rounded half up (away from zero), and the texts that are blank, or no number or too large.

    The value of such a text is 0.
    """

    units: np.ndarray
    is_missing: np.ndarray
    is_invalid: np.ndarray


class NotPlainError(Exception):
    """Doubles or integers that may not be the number of their text, to four decimals: parse the texts instead."""


def parse_numbers(values: pa.Array) -> Numbers:
    """The numbers of texts, or of texts that a parser has made doubles or integers. Raises NotPlainError for those."""
    if pa.types.is_string(values.type):
        return _parse_mixed(values)
    convert = _units_of_integers if pa.types.is_integer(values.type) else _units_of_doubles
    nowhere = np.zeros(len(values), dtype=bool)
    return Numbers(convert(values.to_numpy()), nowhere, nowhere)


def _units_of_integers(values: np.ndarray) -> np.ndarray:
    if len(values) and not -MOST < values.min() <= values.max() < MOST:
        raise NotPlainError
    return values * UNIT


def _units_of_doubles(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        scaled = values * float(UNIT)
        units = np.rint(scaled)
        scaled -= units
    np.abs(scaled, out=scaled)
    # NaN and infinity are greater than nothing and less than nothing.
    if len(units) and not (scaled.max() < EXACT and units.max() < MOST_EXACT_UNITS and units.min() > -MOST_EXACT_UNITS):
        raise NotPlainError
    return units.astype(np.int64)


def _parse_mixed(texts: pa.Array) -> Numbers:
    """Texts of which most are plain numbers and some are not."""
    is_odd = pc.invert(pc.match_substring_regex(texts, PLAIN_NUMBER))
    doubles = pc.cast(pc.if_else(is_odd, "0", texts), pa.float64()).to_numpy()
    odd = _parse_texts(texts.filter(is_odd))
    units = np.rint(doubles * UNIT).astype(np.int64)
    numbers = Numbers(units, *(np.zeros(len(texts), dtype=bool) for _ in range(2)))
    where = _numpy(is_odd)
    for name in ("units", "is_missing", "is_invalid"):
        getattr(numbers, name)[where] = getattr(odd, name)
    return numbers


def _parse_texts(texts: pa.Array) -> Numbers:
    trimmed = pc.utf8_trim_whitespace(texts)
    parts = pc.extract_regex(trimmed, pattern=NUMBER)
    sign, inner_sign, integer, fraction = (
        pc.fill_null(pc.struct_field(parts, name), "") for name in ("sign", "inner_sign", "integer", "fraction")
    )
    integer = pc.utf8_ltrim(pc.replace_substring_regex(integer, SEPARATOR, ""), "0")
    is_missing = _numpy(pc.equal(trimmed, ""))
    has_digits = _numpy(pc.match_substring_regex(trimmed, r"\d"))
    is_valid = _numpy(pc.is_valid(parts)) & has_digits & (_numpy(pc.utf8_length(integer)) <= MOST_INTEGER_DIGITS)
    is_valid &= _numpy(pc.utf8_length(sign)) + _numpy(pc.utf8_length(inner_sign)) <= 1
    whole = _integers(pc.if_else(pa.array(is_valid), integer, ""))
    hundred_thousandths = _integers(pc.utf8_slice_codeunits(pc.utf8_rpad(fraction, SCALE + 1, "0"), 0, SCALE + 1))
    units = whole * UNIT + (hundred_thousandths + 5) // 10
    is_negative = _numpy(pc.equal(sign, "-")) | _numpy(pc.equal(inner_sign, "-"))
    units = np.where(is_valid, np.where(is_negative, -units, units), 0)
    for position in np.flatnonzero(~is_valid & has_digits):
        scientific = _parse_scientific(trimmed[position].as_py())
        if scientific is not None:
            units[position], is_valid[position] = scientific, True
    return Numbers(units, is_missing, ~is_valid & ~is_missing)


def _integers(digits: pa.Array) -> np.ndarray:
    """Values of texts of digits, 0 for none."""
    return pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64()).to_numpy(zero_copy_only=False)


def _parse_scientific(text: str) -> int | None:
    """Ten-thousandths of a number such as 1.5E+3."""
    if "e" not in text.lower():
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() >= MOST_INTEGER_DIGITS:
        return None
    return int((number * UNIT).to_integral_value(ROUND_HALF_UP))


def _numpy(column: pa.Array) -> np.ndarray:
    return column.to_numpy(zero_copy_only=False)
