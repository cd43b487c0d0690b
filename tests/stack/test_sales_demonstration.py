"""What the demo takes for right of its sales records, the first time and when the same files come again."""

from pathlib import Path

import pytest

from stack.arrivals.ledger import LedgerRow
from stack.errors import StackError
from stack.sales.demonstration import require_foretold_rejects
from stack.sales.files import SalesFile, plan_files, write_files
from tests.stack.independent_sales_records import SalesRecords, rows

GOOD_BUT_REPLACED = {"duplicate_identical", "superseded"}


@pytest.fixture(scope="module")
def planned() -> list[SalesFile]:
    return plan_files(2_000, 1, 0.05)


@pytest.fixture(scope="module")
def counted(planned, tmp_path_factory: pytest.TempPathFactory) -> SalesRecords:
    """Another reader's count of the file."""
    reader = SalesRecords()
    [path] = write_files(tmp_path_factory.mktemp("sales"), 1, planned)
    for row in rows(Path(path)):
        reader.read(row)
    return reader


def ledger_row(rejected: int, superseded: int) -> LedgerRow:
    moment = "2026-11-22 13:00:00.000000"
    out = 2_000 - rejected
    return LedgerRow(
        "sales_001.csv", "sha256:1", moment, "loaded", None, 2_000, out, rejected, superseded, moment, "processed"
    )


def replaced(counted: SalesRecords) -> int:
    return sum(counted.rejects[reason] for reason in GOOD_BUT_REPLACED)


def test_the_rejects_of_a_first_load_are_those_of_the_dirty_rows(planned, counted):
    rejected = counted.rejects.total()
    require_foretold_rejects(planned, [ledger_row(rejected, replaced(counted))])
    with pytest.raises(StackError, match=r"^Of sales_001\.csv \d+ rows were rejected"):
        require_foretold_rejects(planned, [ledger_row(rejected + 1, replaced(counted))])


def test_a_load_that_takes_the_duplicates_of_a_file_for_orders_is_wrong(planned, counted):
    dirty = counted.rejects.total() - replaced(counted)
    with pytest.raises(StackError, match=r"^Of sales_001\.csv 0 rows are duplicates or superseded"):
        require_foretold_rejects(planned, [ledger_row(dirty, 0)])


def test_when_the_same_file_comes_again_each_good_row_stands_already(planned, counted):
    require_foretold_rejects(planned, [ledger_row(2_000, len(counted.orders) + replaced(counted))])
