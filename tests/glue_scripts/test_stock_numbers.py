import pyarrow as pa
import pytest
from lakehouse_glue.stocks.numbers import NotPlainError, parse_numbers

UNITS = {
    "12.5": 125_000,
    "1,234.50": 12_345_000,
    "1 234 567.891": 12_345_678_910,
    "1\u00a0234": 12_340_000,
    "1'234": 12_340_000,
    "$12.34": 123_400,
    "-$5": -50_000,
    "€ -5.": -50_000,
    "12.34 £": 123_400,
    " 7 ": 70_000,
    "+3": 30_000,
    ".5": 5_000,
    "007": 70_000,
    "1.5E+3": 15_000_000,
    "99999999999999.9999": 999_999_999_999_999_999,
}
ROUNDED = {
    "1.00004999": 10_000,
    "1.00005": 10_001,
    "-1.00005": -10_001,
    "0.12345678901234567890": 1_235,
    "0.00004": 0,
}
INVALID = ["12,34", "1,2345", "1.2.3", "EUR 5", "--5", "-$-5", ".", "$", "NaN", "inf", "1e99", "100000000000000", "x"]


def of_texts(*texts: str):
    return parse_numbers(pa.array(texts))


@pytest.mark.parametrize(("text", "units"), (UNITS | ROUNDED).items())
def test_number_is_read_to_four_decimals_rounded_half_up(text, units):
    numbers = of_texts(text)
    assert (numbers.units[0], numbers.is_missing[0], numbers.is_invalid[0]) == (units, False, False)


@pytest.mark.parametrize("text", INVALID)
def test_text_that_is_no_number_is_invalid(text):
    numbers = of_texts(text)
    assert (numbers.units[0], numbers.is_missing[0], numbers.is_invalid[0]) == (0, False, True)


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_is_missing(text):
    assert of_texts(text).is_missing[0]


def test_value_does_not_depend_on_its_neighbours():
    texts = [*UNITS, *ROUNDED]
    assert of_texts(*texts, "x").units.tolist() == [*UNITS.values(), *ROUNDED.values(), 0]


@pytest.mark.parametrize("value", [0.0001, 12.3456, 99_999.9999, 123_456_789.12, -5.0])
def test_double_of_four_decimals_is_exact(value):
    assert parse_numbers(pa.array([value])).units[0] == of_texts(f"{value:.4f}").units[0]


@pytest.mark.parametrize("value", [1.00005, 0.00001, 1e15, float("nan"), float("inf")])
def test_double_that_may_be_inexact_is_refused(value):
    with pytest.raises(NotPlainError):
        parse_numbers(pa.array([value]))


def test_integer_is_exact_up_to_fourteen_digits():
    assert parse_numbers(pa.array([99_999_999_999_999])).units[0] == 999_999_999_999_990_000
    with pytest.raises(NotPlainError):
        parse_numbers(pa.array([100_000_000_000_000]))
