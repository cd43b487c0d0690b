"""Numbers as people and programs write them, to 64-bit integers of millionths: exactly, or rounded where asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SCALE = 6
UNIT = 10**SCALE
MOST_INTEGER_DIGITS = 12
MOST = 10 ** (MOST_INTEGER_DIGITS + SCALE)
# Texts of so many characters have at most 15 digits, and no two such numbers are the same double.
LONGEST_PLAIN_TEXT = 16
# Scaling costs two roundings: a double of so many millionths is off by less than half of one.
MOST_EXACT_UNITS = 2.0**51
EXACT = 2.0**-51
PLAIN_NUMBER = r"^-?\d{1,9}(\.\d{1,6})?$"
BLANKS = r"[ \x{00A0}\x{202F}]*"
MOST_SHIFTED_DIGITS = 400


@dataclass(frozen=True)
class NumberForm:
    """How numbers are written: the decimal mark, what may stand between thousands, signs of currencies that may stand
    before or behind, and the powers of ten that letters behind a number stand for.
    """

    decimal_mark: str = "."
    thousands_marks: Sequence[str] = ()
    currency_signs: Sequence[str] = ()
    suffixes: Mapping[str, int] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """A regular expression of RE2 with a group for each part of a number."""
        grouped = "".join(rf"[1-9]\d{{0,2}}(?:{_literal(mark)}\d{{3}})+|" for mark in self.thousands_marks)
        currency = f"(?:{'|'.join(map(_literal, self.currency_signs))})?"
        suffix = f"(?P<suffix>{'|'.join(map(_literal, self.suffixes))})?" if self.suffixes else "(?P<suffix>)"
        return (
            rf"^(?P<sign>[-+]?){BLANKS}{currency}{BLANKS}(?P<inner_sign>[-+]?){BLANKS}"
            rf"(?P<integer>{grouped}\d*)(?:{_literal(self.decimal_mark)}(?P<fraction>\d*))?"
            rf"(?:[eE](?P<exponent>[-+]?\d{{1,3}}))?{BLANKS}{suffix}{BLANKS}{currency}$"
        )

    @property
    def exchanged(self) -> "NumberForm | None":
        """The form with the decimal mark between thousands and the other way round; None where thousands have no mark
        that others write before decimals.
        """
        rival = "," if self.decimal_mark == "." else "."
        if rival not in self.thousands_marks:
            return None
        marks = [self.decimal_mark if mark == rival else mark for mark in self.thousands_marks]
        return replace(self, decimal_mark=rival, thousands_marks=marks)


@dataclass(frozen=True)
class Numbers:
    """Millionths, rounded half up (away from zero), and the texts that are blank, no number or too large, less than
    zero, of more decimals than there are, and in one group of thousands that would be decimals in the exchanged form.
    The value of a text that is no number is 0.
    """

    units: np.ndarray
    is_missing: np.ndarray
    is_invalid: np.ndarray
    is_negative: np.ndarray
    is_too_fine: np.ndarray
    is_ambiguous: np.ndarray


def parse_numbers(texts: pa.StringArray, form: NumberForm) -> Numbers:
    """The numbers of texts. What a text is read as does not depend on the texts around it."""
    if form.decimal_mark != ".":
        return _parse_forms(texts, form)
    units = _parse_plain(texts)
    return _parse_mixed(texts, form) if units is None else _exact(units)


def _exact(units: np.ndarray) -> Numbers:
    is_missing, is_invalid, is_too_fine, is_ambiguous = (np.zeros(len(units), dtype=bool) for _ in range(4))
    return Numbers(units, is_missing, is_invalid, units < 0, is_too_fine, is_ambiguous)


def _parse_plain(texts: pa.StringArray) -> np.ndarray | None:
    """Millionths of texts that are all short numbers without letters; None when one may be something else.

    A double of at most 15 digits is as near to its number as rounding allows, and farther from every other.
    """
    if not len(texts) or pc.max(pc.binary_length(texts)).as_py() > LONGEST_PLAIN_TEXT or _has_letters(texts):
        return None
    try:
        doubles = pc.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    whole = doubles.astype(np.int64)
    if np.array_equal(whole, doubles):
        return whole * UNIT if np.abs(whole).max() < 10**MOST_INTEGER_DIGITS else None
    scaled = doubles * float(UNIT)
    units = np.rint(scaled)
    magnitude = np.abs(scaled)
    if magnitude.max() >= MOST_EXACT_UNITS or (np.abs(scaled - units) > magnitude * EXACT).any():
        return None
    return units.astype(np.int64)


def _has_letters(texts: pa.StringArray) -> bool:
    """Whether a character behind 9 in ASCII is in the texts, or near them in memory: exponents and "nan" have some."""
    characters = texts.buffers()[2]
    return characters is None or np.frombuffer(characters, np.uint8).max(initial=0) > ord("9")


def _parse_mixed(texts: pa.StringArray, form: NumberForm) -> Numbers:
    """Texts of which most are plain numbers and some are not."""
    is_odd = pc.invert(pc.match_substring_regex(texts, PLAIN_NUMBER))
    doubles = pc.cast(pc.if_else(is_odd, "0", texts), pa.float64()).to_numpy()
    numbers = _exact(np.rint(doubles * UNIT).astype(np.int64))
    odd = _parse_forms(texts.filter(is_odd), form)
    where = _numpy(is_odd)
    for name in Numbers.__dataclass_fields__:
        getattr(numbers, name)[where] = getattr(odd, name)
    return numbers


def _parse_forms(texts: pa.StringArray, form: NumberForm) -> Numbers:
    trimmed = pc.utf8_trim_whitespace(texts)
    parts = pc.extract_regex(trimmed, pattern=form.pattern)
    sign, inner_sign, integer, fraction, exponent, suffix = (
        pc.fill_null(pc.struct_field(parts, name), "")
        for name in ("sign", "inner_sign", "integer", "fraction", "exponent", "suffix")
    )
    is_number = _has_text(integer, fraction) & (_numpy(pc.equal(sign, "")) | _numpy(pc.equal(inner_sign, "")))
    is_shifted = _has_text(exponent, suffix)
    is_ambiguous = _is_one_group(integer, trimmed, form)
    is_number &= ~(is_shifted & is_ambiguous)
    is_shifted &= is_number
    integer = pc.utf8_ltrim(pc.replace_substring_regex(integer, r"\D", ""), "0")
    is_small = _numpy(pc.utf8_length(integer)) <= MOST_INTEGER_DIGITS
    units, is_too_fine = _units(pc.if_else(pa.array(is_number & ~is_shifted & is_small), integer, ""), fraction)
    is_small |= is_shifted
    for place in np.flatnonzero(is_shifted):
        shift = int(exponent[place].as_py() or 0) + form.suffixes.get(suffix[place].as_py(), 0)
        units[place], is_too_fine[place] = _shifted_units(integer[place].as_py(), fraction[place].as_py(), shift)
    is_number &= is_small & (units < MOST)
    is_signed = _numpy(pc.equal(sign, "-")) | _numpy(pc.equal(inner_sign, "-"))
    return Numbers(
        np.where(is_number, np.where(is_signed, -units, units), 0),
        is_missing := _numpy(pc.equal(trimmed, "")),
        ~is_number & ~is_missing,
        is_number & is_signed & ((units != 0) | is_too_fine),
        is_number & is_too_fine,
        is_number & is_ambiguous,
    )


def _is_one_group(integer: pa.StringArray, texts: pa.StringArray, form: NumberForm) -> np.ndarray:
    """Numbers such as 12.345 whose mark is between thousands here and before decimals in the exchanged form."""
    exchanged = form.exchanged
    if exchanged is None:
        return np.zeros(len(texts), dtype=bool)
    has_one_group = pc.match_substring_regex(integer, rf"^\d+{_literal(exchanged.decimal_mark)}\d+$")
    return _numpy(pc.and_not(has_one_group, pc.match_substring(texts, form.decimal_mark)))


def _units(integer: pa.StringArray, fraction: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """Millionths, and which of them are rounded."""
    kept = pc.utf8_slice_codeunits(pc.utf8_rpad(fraction, SCALE, "0"), 0, SCALE)
    rest = pc.utf8_slice_codeunits(fraction, SCALE)
    rounded_up = _numpy(pc.match_substring_regex(rest, "^[5-9]"))
    return _integers(integer) * UNIT + _integers(kept) + rounded_up, _numpy(pc.match_substring_regex(rest, "[1-9]"))


def _shifted_units(integer: str, fraction: str, shift: int) -> tuple[int, bool]:
    """The same of one number times a power of ten; MOST for one that is too large."""
    if len(integer) + len(fraction) > MOST_SHIFTED_DIGITS:
        return MOST, False
    digits, power = int(f"0{integer}{fraction}"), shift + SCALE - len(fraction)
    if power >= 0:
        return (min(digits * 10**power, MOST), False)
    units, rest = divmod(digits, 10**-power)
    return min(units + (2 * rest >= 10**-power), MOST), rest != 0


def _has_text(*columns: pa.StringArray) -> np.ndarray:
    return _numpy(pc.not_equal(pc.binary_join_element_wise(*columns, ""), ""))


def _integers(digits: pa.StringArray) -> np.ndarray:
    """Values of texts of digits, 0 for none."""
    return _numpy(pc.cast(pc.if_else(pc.equal(digits, ""), "0", digits), pa.int64()))


def _literal(text: str) -> str:
    return "".join(rf"\x{{{ord(character):x}}}" for character in text)


def _numpy(column: pa.Array) -> np.ndarray:
    return column.to_numpy(zero_copy_only=False)
