import calendar
import csv
import gzip
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from stack.stocks.dirt import KINDS, dirty_rows
from stack.stocks.files import MonthFile, write_months
from tests.e2e.independent_stock_prices import StockPrices, checksum

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)
SYMBOLS = 30
SHARE = 0.1


def days_from_monday_to_friday(year: int, month: int) -> list[str]:
    days = range(1, calendar.monthrange(year, month)[1] + 1)
    return [f"{year}-{month:02d}-{day:02d}" for day in days if calendar.weekday(year, month, day) < calendar.SATURDAY]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> list[MonthFile]:
    return write_months(tmp_path_factory.mktemp("clean"), SYMBOLS, JANUARY, MARCH)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> list[MonthFile]:
    """Files of every form."""
    return write_months(tmp_path_factory.mktemp("dirty"), SYMBOLS, JANUARY, date(2024, 6, 1), SHARE)


def test_each_month_has_a_row_per_weekday_and_symbol(clean):
    assert [file.path.name for file in clean] == [f"stocks_2024-0{month}.csv" for month in (1, 2, 3)]
    for month, file in enumerate(clean, start=1):
        found = Counter(row["date"] for row in rows(file.path))
        assert found == dict.fromkeys(days_from_monday_to_friday(2024, month), SYMBOLS)
        assert file.rows == found.total()


def test_the_same_arguments_give_the_same_bytes(clean, tmp_path):
    again = write_months(tmp_path, SYMBOLS, JANUARY, MARCH)
    assert [file.path.read_bytes() for file in again] == [file.path.read_bytes() for file in clean]


@pytest.mark.parametrize("dirt", [0, SHARE])
def test_a_month_does_not_depend_on_the_months_around_it(dirt, tmp_path):
    [alone] = write_months(tmp_path / "alone", SYMBOLS, FEBRUARY, FEBRUARY, dirt)
    among = write_months(tmp_path / "among", SYMBOLS, JANUARY, MARCH, dirt)[1]
    assert alone.path.read_bytes() == among.path.read_bytes()


def test_the_prices_of_a_symbol_do_not_depend_on_the_number_of_symbols(clean, tmp_path):
    [few] = write_months(tmp_path, 3, MARCH, MARCH)
    assert rows(few.path) == [row for row in rows(clean[2].path) if row["symbol"] in {"A", "B", "C"}]


def test_symbols_go_on_after_z(clean):
    symbols = [row["symbol"] for row in rows(clean[0].path)[:SYMBOLS]]
    assert symbols == [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "AA", "AB", "AC", "AD"]


def test_clean_prices_obey_the_rules_and_have_two_to_four_decimals(clean):
    decimals = set()
    for file in clean:
        for row in rows(file.path):
            prices = {name: Decimal(row[name]) for name in ("open", "high", "low", "close")}
            assert 0 < prices["low"] <= min(prices["open"], prices["close"])
            assert max(prices["open"], prices["close"]) <= prices["high"]
            assert int(row["volume"]) >= 0
            decimals |= {-price.as_tuple().exponent for price in prices.values()}
    assert decimals == {2, 3, 4}


def test_a_month_goes_on_where_the_month_before_ended(clean):
    closing = {row["symbol"]: Decimal(row["close"]) for row in rows(clean[0].path)}
    opening = {row["symbol"]: Decimal(row["open"]) for row in rows(clean[1].path)[:SYMBOLS]}
    assert all(abs(opening[symbol] / price - 1) < Decimal("0.02") for symbol, price in closing.items())


def test_compressed_files_hold_the_same_lines_and_no_time(clean, tmp_path):
    files = write_months(tmp_path / "1", SYMBOLS, JANUARY, JANUARY, is_compressed=True)
    again = write_months(tmp_path / "2", SYMBOLS, JANUARY, JANUARY, is_compressed=True)
    assert files[0].path.name == "stocks_2024-01.csv.gz"
    assert gzip.decompress(files[0].path.read_bytes()) == clean[0].path.read_bytes()
    assert again[0].path.read_bytes() == files[0].path.read_bytes()


def test_the_share_of_dirty_rows_is_planted_in_every_kind():
    kinds = Counter(dirty_rows(JANUARY, days=20, symbols=100, share=0.1).values())
    assert kinds.total() == 200
    assert set(kinds) == set(KINDS)
    assert max(kinds.values()) - min(kinds.values()) <= 1


def test_dirty_rows_take_the_place_of_clean_ones(clean, dirty):
    in_clean = clean[2].path.read_text().splitlines()
    in_dirty = dirty[2].path.read_text().splitlines()
    assert in_dirty[0] == in_clean[0].upper()
    changed = sum(one != other for one, other in zip(in_clean[1:], in_dirty[1:], strict=True))
    assert changed == round(clean[2].rows * SHARE)


def test_the_files_of_dirty_rows_take_every_form(dirty):
    heads = [file.path.read_bytes()[:60] for file in dirty]
    assert sum(head.startswith(b"\xef\xbb\xbf") for head in heads) == 2
    assert sum(b"\r\n" in head for head in heads) == 2
    assert sum(b"DATE" in head for head in heads) == 2
    assert sum(b"date,symbol" not in head.lower() for head in heads) == 2


def test_a_reader_that_knows_the_rules_rejects_what_was_planted_for_it(dirty):
    expected = StockPrices()
    for file in dirty:
        expected.arrive(file.path)
        assert len(expected.rejected_lines[checksum(file.path)]) == file.rejected_rows
        assert expected.rows[checksum(file.path)] == file.rows
    assert 0 < sum(file.rejected_rows for file in dirty) < sum(file.rows for file in dirty) * SHARE


def test_progress_is_told_of_every_row(tmp_path):
    written: list[int] = []
    [file] = write_months(tmp_path, SYMBOLS, JANUARY, JANUARY, progress=written.append)
    assert sum(written) == file.rows


def test_an_interrupted_file_leaves_nothing_behind(tmp_path):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_months(tmp_path, SYMBOLS, JANUARY, JANUARY, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--from": "2024-02"}, "--from 2024-02 is after --to 2024-01: swap them.\n"),
        ({"--from": "January"}, "'January' is not a month: write it as 2005-01.\n"),
        ({"--symbols": "0"}, "--symbols is 0: ask for at least 1.\n"),
        ({"--dirt": "0.9"}, "--dirt is 0.9: set it to a share from 0 to 0.5.\n"),
        ({"--to": "2999-01"}, "--to 2999-01 is not over: take an earlier month.\n"),
    ],
)
def test_arguments_that_make_no_sense_are_one_sentence(changed, sentence, tmp_path):
    arguments = {"--symbols": "1", "--from": "2024-01", "--to": "2024-01", "--out": str(tmp_path / "out")} | changed
    command = ["arrivals", "generate", *(word for pair in arguments.items() for word in pair)]
    result = subprocess.run(
        [sys.executable, "-c", "from stack.cli import main; main()", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (1, "", sentence)
    assert not (tmp_path / "out").exists()
