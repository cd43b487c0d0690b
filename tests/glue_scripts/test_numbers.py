from decimal import Decimal

import pyarrow as pa
import pytest
from lakehouse_glue.arrivals.numbers import NumberForm, Numbers, parse_numbers

FORM = NumberForm(".", (" ", "'", "\u00a0"), ("$", "€", "£"))
ANGLO_FORM = NumberForm(".", (",",), ("$",), {"K": 3, "M": 6, "B": 9})
GERMAN_FORM = NumberForm(",", (".",), ("€", "EUR"), {})
NUMBERS = {
    "12.5": "12.5",
    "1 234 567.891": "1234567.891",
    "1\u00a0234": "1234",
    "1'234": "1234",
    "$12.34": "12.34",
    "-$5": "-5",
    "€ -5.": "-5",
    "12.34 £": "12.34",
    " 7 ": "7",
    "+3": "3",
    ".5": "0.5",
    "007": "7",
    "1.5E+3": "1500",
    "1e-05": "0.00001",
    "1.50000000000000000000": "1.5",
    "5347140000": "5347140000",
    "2251799813.685249": "2251799813.685249",
    "999999999999.999999": "999999999999.999999",
    "-0": "0",
}
TOO_FINE = {
    "1.0000004999": "1",
    "1.0000005": "1.000001",
    "-1.0000005": "-1.000001",
    "0.12345678901234567890": "0.123457",
    "0.0000004": "0",
    "-0.0000004": "0",
    "1e-9": "0",
    "1e-400": "0",
    "1.00000000000000001": "1",
}
INVALID = [
    *("12,34", "1,234", "1,234,567", "1,2345", "1.2.3", "EUR 5", "--5", "-$-5", ".", "$", "NaN", "inf", "1e99", "x"),
    *(
        "1000000000000",
        "999999999999.9999995",
        "0x1F",
        "1_0e2",
        "1_000",
        "\u0661\u0662",
        "1 234'567",
        "1e",
        "e5",
        "\u22125",
    ),
    *("9" * 5000, "9" * 5000 + "e-4990"),
]


def value_of(text: str, form: NumberForm = FORM):
    """The value of a text, whether it is too fine, and whether it is less than zero; None for no number."""
    numbers = parse_numbers(pa.array([text]), form)
    if numbers.is_invalid[0] or numbers.is_missing[0]:
        assert numbers.units[0] == 0
        return None
    return Decimal(int(numbers.units[0])) / 1_000_000, bool(numbers.is_too_fine[0]), bool(numbers.is_negative[0])


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_number_of_up_to_six_decimals_is_read_exactly(text, value):
    assert value_of(text) == (Decimal(value), False, Decimal(value) < 0)


@pytest.mark.parametrize(("text", "value"), TOO_FINE.items())
def test_finer_number_is_known_as_such_and_rounded_half_up(text, value):
    assert value_of(text) == (Decimal(value), True, text.startswith("-"))


@pytest.mark.parametrize("text", INVALID)
def test_text_that_is_no_number_or_too_large_is_invalid(text):
    assert value_of(text) is None


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_is_missing(text):
    assert parse_numbers(pa.array([text]), FORM).is_missing[0]


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (ANGLO_FORM, "1,234", "1234"),
        (ANGLO_FORM, "$1,234,567.5", "1234567.5"),
        (ANGLO_FORM, "45.1M", "45100000"),
        (ANGLO_FORM, "1.2B", "1200000000"),
        (ANGLO_FORM, "0.5K", "500"),
        (GERMAN_FORM, "1.234,56", "1234.56"),
        (GERMAN_FORM, "1,234", "1.234"),
        (GERMAN_FORM, "1.234", "1234"),
        (GERMAN_FORM, "12,5 €", "12.5"),
        (GERMAN_FORM, "EUR 12", "12"),
    ],
)
def test_number_is_read_in_the_form_of_its_feed(form, text, value):
    assert value_of(text, form) == (Decimal(value), False, False)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        *((ANGLO_FORM, text) for text in ("1.234,5", "12,34", "5k", "0,123", "1,205M", "1,205e3")),
        *((GERMAN_FORM, text) for text in ("12.5", "0.123", "0.123,5", "012.345")),
    ],
)
def test_number_in_the_form_of_another_feed_is_invalid(form, text):
    assert value_of(text, form) is None


@pytest.mark.parametrize(
    ("form", "text", "is_ambiguous"),
    [
        *((GERMAN_FORM, text, True) for text in ("1.234", "-123.456", "EUR 12.345", "1.000 €")),
        *((GERMAN_FORM, text, False) for text in ("1.234,5", "1.234,", "1.234.567", "1,234", "1234", "0.123")),
        *((ANGLO_FORM, text, text == "$1,234") for text in ("$1,234", "1,234.5", "1.234", "12")),
        (FORM, "1'234", False),
    ],
)
def test_number_of_one_group_is_ambiguous_where_its_mark_may_be_the_decimal_one(form, text, is_ambiguous):
    assert parse_numbers(pa.array([text]), form).is_ambiguous.tolist() == [is_ambiguous]


@pytest.mark.parametrize("neighbour", ["1", "x", "0x1F", "nan", "1e-9", "$1", "0.00000000000001", "1" * 17])
def test_what_a_text_is_read_as_does_not_depend_on_its_neighbours(neighbour):
    texts = [*NUMBERS, *TOO_FINE, *INVALID, ""]
    together = parse_numbers(pa.array([*texts, neighbour]), FORM)
    for place, text in enumerate(texts):
        beside, alone = (parse_numbers(pa.array([text, *others]), FORM) for others in ([neighbour], []))
        for name in Numbers.__dataclass_fields__:
            read = {getattr(together, name)[place], getattr(beside, name)[0], getattr(alone, name)[0]}
            assert len(read) == 1, (text, name)


def test_no_numbers_are_read_as_none():
    assert not len(parse_numbers(pa.array([], pa.string()), FORM).units)
