from datetime import date

import pyarrow as pa
import pytest
from lakehouse_glue.arrivals.dates import Orders, parse_dates

EPOCH = date(1970, 1, 1)
PLAIN = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y")
DAYS = {
    "2005-01-31": date(2005, 1, 31),
    "2005-1-3": date(2005, 1, 3),
    "2005/01/31": date(2005, 1, 31),
    "1/31/2005": date(2005, 1, 31),
    "31/1/2005": date(2005, 1, 31),
    "03/03/2005": date(2005, 3, 3),
    "20050131": date(2005, 1, 31),
    "2004-02-29": date(2004, 2, 29),
    " 2005-01-31 ": date(2005, 1, 31),
    "1960-12-31": date(1960, 12, 31),
}
INVALID = [
    *("2005", "2005-02-30", "2005-02-29", "2005-13-01", "2005-00-10", "20051301", "2005131"),
    *("31/31/2005", "2/30/2005", "1/2/05", "soon"),
]


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_date_of_each_form_is_read(text, day):
    dates = parse_dates(pa.array([text]), PLAIN)
    assert (dates.days[0], dates.is_missing[0], dates.is_invalid[0]) == ((day - EPOCH).days, False, False)


@pytest.mark.parametrize("text", INVALID)
def test_text_that_is_no_date_is_invalid(text):
    dates = parse_dates(pa.array([text]), PLAIN)
    assert (dates.is_missing[0], dates.is_invalid[0]) == (False, True)


@pytest.mark.parametrize("odd", ["soon", "2005-02-30"])
def test_date_does_not_depend_on_its_neighbours(odd):
    dates = parse_dates(pa.array([*DAYS, odd, ""]), PLAIN)
    assert dates.days[: len(DAYS)].tolist() == [(day - EPOCH).days for day in DAYS.values()]
    assert (dates.is_invalid.tolist()[-2:], dates.is_missing.tolist()[-2:]) == ([True, False], [False, True])


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("%b %d, %Y", "Jan 02, 2024"),
        ("%b %d, %Y", "jan 2, 2024"),
        ("%d.%m.%Y", "02.01.2024"),
        ("%d.%m.%Y", "2.1.2024"),
        ("%Y-%m-%d 00:00:00%z", "2024-01-02 00:00:00-05:00"),
        ("%Y-%m-%d 00:00:00", "2024-01-02 00:00:00"),
    ],
)
def test_declared_format_is_read_and_no_other(date_format, text):
    dates = parse_dates(pa.array([text, "2024-01-02", "01/02/2024"]), (date_format,))
    assert dates.is_invalid.tolist() == [False, True, True]
    assert dates.days[0] == (date(2024, 1, 2) - EPOCH).days


def test_date_in_iso_form_is_ambiguous_where_a_format_has_its_day_first():
    formats = ("%Y-%m-%d", "%Y-%d-%m")
    texts = pa.array(["2024-04-01", "2024-31-01"])
    assert parse_dates(texts.slice(0, 1), formats).orders == Orders(either=1)
    assert parse_dates(texts, formats).orders == Orders(day_first=1, either=1)
    days = parse_dates(texts, formats, is_day_first=True).days
    assert days.tolist() == [(date(2024, 1, 4) - EPOCH).days, (date(2024, 1, 31) - EPOCH).days]


@pytest.mark.parametrize(
    ("texts", "orders"),
    [
        (["04/01/2024", "12/12/2024", "2024-01-31"], Orders(either=1)),
        (["04/01/2024", "01/31/2024"], Orders(month_first=1, either=1)),
        (["04/01/2024", "31/01/2024"], Orders(day_first=1, either=1)),
        (["1/31/2024", "31/1/2024", "31/31/2024", "2/30/2024", ""], Orders(month_first=1, day_first=1)),
    ],
)
def test_texts_show_whether_month_or_day_comes_first(texts, orders):
    assert parse_dates(pa.array(texts), PLAIN).orders == orders
    assert parse_dates(pa.array(texts), PLAIN[:3] + PLAIN[:2:-1]).orders == orders


@pytest.mark.parametrize(("is_day_first", "day"), [(True, date(2024, 1, 4)), (False, date(2024, 4, 1))])
def test_decided_order_holds_for_all_dates(is_day_first, day):
    dates = parse_dates(pa.array(["04/01/2024", "01/31/2024" if is_day_first else "31/01/2024"]), PLAIN, is_day_first)
    assert (dates.days[0], dates.is_invalid.tolist()) == ((day - EPOCH).days, [False, True])
