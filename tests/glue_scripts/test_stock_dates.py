from datetime import date

import pyarrow as pa
import pytest
from lakehouse_glue.stocks.dates import parse_dates

EPOCH = date(1970, 1, 1)
DAYS = {
    "2005-01-31": date(2005, 1, 31),
    "2005-1-3": date(2005, 1, 3),
    "1/31/2005": date(2005, 1, 31),
    "01/03/2005": date(2005, 1, 3),
    "20050131": date(2005, 1, 31),
    "2004-02-29": date(2004, 2, 29),
    " 2005-01-31 ": date(2005, 1, 31),
    "1960-12-31": date(1960, 12, 31),
}
INVALID = ["2005", "2005-02-30", "2005-02-29", "31/1/2005", "2005-13-01", "2005-00-10", "20051301", "1/2/05", "soon"]


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_date_of_each_form_is_read(text, day):
    dates = parse_dates(pa.array([text]))
    assert (dates.days[0], dates.is_missing[0], dates.is_invalid[0]) == ((day - EPOCH).days, False, False)


@pytest.mark.parametrize("text", INVALID)
def test_text_that_is_no_date_is_invalid(text):
    dates = parse_dates(pa.array([text]))
    assert (dates.is_missing[0], dates.is_invalid[0]) == (False, True)


@pytest.mark.parametrize("odd", ["soon", "2005-02-30"])
def test_date_does_not_depend_on_its_neighbours(odd):
    dates = parse_dates(pa.array([*DAYS, odd, ""]))
    assert dates.days[: len(DAYS)].tolist() == [(day - EPOCH).days for day in DAYS.values()]
    assert (dates.is_invalid.tolist()[-2:], dates.is_missing.tolist()[-2:]) == ([True, False], [False, True])
