from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lakehouse_contract.sales_records import COUNTRIES, ITEM_TYPES, ORDER_PRIORITIES, SALES_CHANNELS
from stack.cli import main
from stack.sales.dirt import KINDS
from stack.sales.files import SalesFile, plan_files, write_files
from tests.stack.independent_sales_records import HEADER, SalesRecords, day, rows

# More orders than one part of a file has.
SEED, ORDERS, FILES, SHARE = 7, 70_000, 6, 0.1
# Of the well-known files.
PRICES = {"Cosmetics": ("437.20", "263.33"), "Fruits": ("9.33", "6.92"), "Baby Food": ("255.28", "159.42")}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    [path] = write_files(tmp_path_factory.mktemp("clean"), SEED, plan_files(ORDERS, 1, 0))
    return path


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[SalesFile, Path]]:
    planned = plan_files(3_000, FILES, SHARE)
    return list(zip(planned, write_files(tmp_path_factory.mktemp("dirty"), SEED, planned), strict=True))


def test_clean_files_have_the_well_known_form_and_exact_totals(clean):
    lines = clean.read_text().split("\n")
    assert (lines[0], lines[-1], len(lines)) == (HEADER, "", ORDERS + 2)
    found = rows(clean)
    reader, prices = SalesRecords(), defaultdict(set)
    for row in found:
        reader.read(row)
        assert row["Total Revenue"] == f"{int(row['Units Sold']) * Decimal(row['Unit Price']):.2f}"
        assert (day(row["Ship Date"]) - day(row["Order Date"])).days <= 50
        assert not row["Order Date"].startswith("0")
        prices[row["Item Type"]].add((row["Unit Price"], row["Unit Cost"]))
    assert (len(reader.orders), reader.rejects.total()) == (ORDERS, 0)
    assert all(len(of_item) == 1 for of_item in prices.values())
    assert {item: prices[item] for item in PRICES} == {item: {pair} for item, pair in PRICES.items()}


def test_every_country_item_code_and_day_is_sold(clean):
    found = rows(clean)
    assert {(row["Region"], row["Country"]) for row in found} == {
        (region, country) for region, countries in COUNTRIES.items() for country in countries
    }
    assert {row["Item Type"] for row in found} == set(ITEM_TYPES)
    assert {row["Sales Channel"] for row in found} == set(SALES_CHANNELS)
    assert {row["Order Priority"] for row in found} == set(ORDER_PRIORITIES)
    days = {day(row["Order Date"]) for row in found}
    assert (min(days), max(days), len(days)) == (date(2010, 1, 1), date(2020, 12, 31), 4018)
    assert {len(row["Order ID"]) for row in found} == {9}
    assert max(int(row["Units Sold"]) for row in found) <= 10_000


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(clean, tmp_path):
    planned = plan_files(ORDERS, 1, 0)
    [again] = write_files(tmp_path / "again", SEED, planned)
    [other] = write_files(tmp_path / "other", SEED + 1, planned)
    assert again.read_bytes() == clean.read_bytes()
    assert {row["Order ID"] for row in rows(other)} != {row["Order ID"] for row in rows(clean)}
    assert other.stat().st_size != clean.stat().st_size


def test_an_independent_reader_rejects_in_each_file_what_was_foretold(dirty):
    reader = SalesRecords()
    for planned, path in dirty:
        found = rows(path)
        before = reader.rejects.copy()
        for row in found:
            reader.read(row)
        assert len(found) == planned.rows
        assert reader.rejects - before == planned.rejects
    rejected = sum(planned.rejects.total() for planned, _ in dirty)
    assert len(reader.orders) == sum(planned.rows for planned, _ in dirty) - rejected
    assert 0 < rejected < 3_000 * SHARE


def test_the_share_of_dirty_rows_is_planted_in_every_kind(dirty):
    kinds = sum((planned.kinds for planned, _ in dirty), Counter())
    assert kinds.total() == 3_000 * SHARE
    assert set(kinds) == set(KINDS)
    assert max(kinds.values()) - min(kinds.values()) <= 1


def test_dirty_files_take_every_form_and_hold_the_rows_of_the_clean_ones(dirty, tmp_path):
    heads = [path.read_bytes()[:300] for _, path in dirty]
    assert sum(head.startswith(b"\xef\xbb\xbf") for head in heads) == 1
    assert sum(b"\r\n" in head for head in heads) == 1
    assert sum(b"REGION" in head for head in heads) == 1
    assert sum(b" Country  ," in head for head in heads) == 1
    for (planned, path), other in zip(dirty, write_files(tmp_path, SEED, plan_files(3_000, FILES, 0)), strict=True):
        in_dirty, in_clean = (file.read_text("utf-8-sig").splitlines()[1:] for file in (path, other))
        assert sum(one != two for one, two in zip(in_dirty, in_clean, strict=True)) == planned.dirty_rows


@pytest.mark.parametrize(("orders", "files", "share"), [(1, 1, 0.5), (2, 1, 0.5), (7, 3, 0.5), (10, 10, 0.01)])
def test_few_orders_are_written_too(orders, files, share, tmp_path):
    planned = plan_files(orders, files, share)
    reader = SalesRecords()
    for path in write_files(tmp_path, SEED, planned):
        for row in rows(path):
            reader.read(row)
    assert len(reader.orders) + reader.rejects.total() == orders
    assert reader.rejects == sum((file.rejects for file in planned), Counter())


def test_an_interrupted_file_leaves_nothing_behind(tmp_path):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, SEED, plan_files(10, 1, 0), interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def lakehouse(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """`lakehouse("sales", …)` gives the exit code and what the command line writes to stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["lakehouse", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code, *capsys.readouterr())

    return run


def test_the_command_says_beforehand_what_becomes_of_the_rows(lakehouse, tmp_path):
    arguments = ("--orders", "2600", "--files", "2", "--dirt", "0.1", "--out", str(tmp_path / "out"))
    code, output, errors = lakehouse("sales", "generate", *arguments)
    assert (code, errors) == (0, "")
    assert "2 files with 2,600 rows" in output
    assert "Of a first load 2,380 rows come into the table and 220 are rejected." in output
    cells = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in output.splitlines()]
    assert ["revenue_off_by_a_cent", "10", "wrong_revenue"] in cells
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["sales_001.csv", "sales_002.csv"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--orders", "0"], "--orders is 0: ask for at least 1.\n"),
        (["--orders", "900000001"], "--orders is 900000001: there are 900,000,000 order ids, ask for no more.\n"),
        (["--orders", "5", "--seed", "-1"], "--seed is -1: ask for at least 0.\n"),
        (
            ["--orders", "5", "--files", "6"],
            "--files is 6, and there are 5 orders: ask for no more files than orders.\n",
        ),
        (["--orders", "5", "--dirt", "0.9"], "--dirt is 0.9: set it to a share from 0 to 0.5.\n"),
    ],
)
def test_arguments_that_make_no_sense_are_one_sentence(arguments, sentence, lakehouse, tmp_path):
    assert lakehouse("sales", "generate", *arguments, "--out", str(tmp_path / "out")) == (1, "", sentence)
    assert not (tmp_path / "out").exists()
