"""Files of stock prices that arrive, up to what a reader sees, against a calculation of its own."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from stack import aws
from tests.e2e.conftest import Lakehouse
from tests.e2e.independent_stock_prices import Key, Prices
from tests.e2e.stock_arrivals import SMALL_FILES, UNREADABLE, Arrivals, digest, drop_everything

PRICES = '"open", high, low, close, volume'
STAR_JOIN = (
    f"SELECT s.symbol, d.calendar_date AS trade_date, {PRICES} FROM {{schema}}fact_stock_prices f "
    "JOIN {schema}dim_stocks s ON f.stock_key = s.stock_key JOIN {schema}dim_dates d ON f.date_key = d.date_key"
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def files(lakehouse: Lakehouse, tmp_path_factory: pytest.TempPathFactory) -> Arrivals:
    lakehouse.take_arrivals_by("sensor")
    files = Arrivals(lakehouse, tmp_path_factory.mktemp("stocks"))
    drop_everything(files)
    return files


def prices_by_key(rows: list[dict[str, str | None]]) -> dict[Key, Prices]:
    """Rows of a query; fails when a symbol has two for a date."""
    prices = {
        (row["symbol"], date.fromisoformat(row["trade_date"])): tuple(
            Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")
        )
        for row in rows
    }
    assert len(prices) == len(rows)
    return prices


def test_every_price_in_the_table_equals_the_independent_calculation(files: Arrivals) -> None:
    rows = files.lakehouse.athena(f"SELECT symbol, trade_date, {PRICES} FROM stock_prices")
    assert prices_by_key(rows) == files.expected.prices


def test_the_star_schema_joins_every_price_in_athena(files: Arrivals) -> None:
    assert prices_by_key(files.lakehouse.athena(STAR_JOIN.format(schema=""))) == files.expected.prices


def test_the_star_schema_joins_every_price_in_redshift(files: Arrivals) -> None:
    rows = files.lakehouse.rows("redshift", STAR_JOIN.format(schema="analytics."))
    assert prices_by_key(rows) == files.expected.prices


def test_rows_lie_in_the_partition_of_their_month(files: Arrivals) -> None:
    rows = files.lakehouse.athena(
        "SELECT DISTINCT year, month, year(trade_date) y, month(trade_date) m FROM stock_prices"
    )
    assert {(row["year"], row["month"]) for row in rows} == {(row["y"], row["m"]) for row in rows}
    assert {row["month"] for row in rows} == {"1", "2", "3", "4"}


def test_the_ledger_has_each_file_once_with_its_status(files: Arrivals) -> None:
    statuses = Counter((row.file_name, row.status) for row in files.ledger)
    twins = {"stocks_2025-02.csv", "twin_of_february.csv"}
    assert len(files.ledger) == len(files.dropped)
    assert {name: statuses[name, "quarantined"] for name in UNREADABLE} == dict.fromkeys(UNREADABLE, 1)
    assert (statuses["stocks_2025-01.csv", "loaded"], statuses["stocks_2025-01.csv", "duplicate"]) == (1, 2)
    assert sum(statuses[name, "duplicate"] for name in twins) == 1
    assert sum(statuses[name, "loaded"] for name in twins) == 2
    assert sum(statuses[f"small_{number}.csv", "loaded"] for number in range(SMALL_FILES)) == SMALL_FILES


def test_each_file_has_as_many_rows_in_as_out_and_rejected(files: Arrivals) -> None:
    assert [row for row in files.ledger if row.rows_in != row.rows_out + row.rows_rejected] == []


def test_the_ledger_counts_the_rows_of_loaded_files_as_the_calculation_does(files: Arrivals) -> None:
    assert {row.checksum: row.rows_in for row in files.ledger if row.status == "loaded"} == files.expected.rows


def test_every_line_that_is_not_in_the_table_is_in_the_rejects_with_a_reason(files: Arrivals) -> None:
    rows = files.lakehouse.athena("SELECT source_file, line_number, reason FROM stock_price_rejects")
    rejected = Counter((row["source_file"], int(row["line_number"])) for row in rows)
    assert all(row["reason"] for row in rows)
    assert {rejection: number for rejection, number in rejected.items() if rejection[0] not in UNREADABLE} == {
        (row.file_name, line): 1
        for row in files.ledger
        if row.status == "loaded"
        for line in files.expected.rejected_lines[row.checksum]
    }


def test_a_quarantined_file_has_one_sentence_of_reason_beside_it(files: Arrivals) -> None:
    quarantine = files.objects("quarantine/stocks/")
    for name, content in UNREADABLE.items():
        [key] = [key for key in quarantine if key.endswith(f"/{name}")]
        assert quarantine[key] == content
        assert quarantine[f"{key}.reason.txt"].decode().strip().endswith(".")


def test_no_file_is_lost(files: Arrivals) -> None:
    stored = files.stored("landing/stocks/", "processed/stocks/", "quarantine/stocks/")
    assert stored == Counter((name, digest(content)) for name, content in files.dropped)


def test_the_killed_job_is_known_as_failed(files: Arrivals) -> None:
    runs = aws.client("glue", files.lakehouse.settings).get_job_runs(JobName="stock-csv-to-parquet")["JobRuns"]
    assert Counter(run["JobRunState"] for run in runs if run["JobRunState"] != "SUCCEEDED") == {"FAILED": 1}


def test_drop_waits_and_tells_of_quarantines_by_its_exit_code(files: Arrivals) -> None:
    assert files.command.returncode == 1
    assert "empty.csv: quarantined, 0 rows in, 0 out, 0 rejected" in files.command.stdout
    assert files.command.stderr == f"{len(UNREADABLE)} of {len(UNREADABLE) + 3} files went to quarantine.\n"


def test_status_shows_the_last_files(files: Arrivals) -> None:
    assert "small_" in files.lakehouse.succeed("arrivals", "status")
