"""Files of sales records, from the command line to Redshift, against a calculation of its own."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.conftest import Lakehouse
from tests.stack.independent_sales_records import SalesRecords, rows

pytestmark = pytest.mark.long
ORDERS, FILES, DIRT = 3_000, 2, 0.03


@pytest.fixture(scope="module")
def expected(lakehouse: Lakehouse, tmp_path_factory: pytest.TempPathFactory) -> SalesRecords:
    """What the files hold that are generated, dropped and waited for."""
    folder: Path = tmp_path_factory.mktemp("sales")
    size = ("--orders", str(ORDERS), "--files", str(FILES), "--dirt", str(DIRT))
    lakehouse.succeed("sales", "generate", *size, "--out", str(folder))
    files = sorted(folder.iterdir())
    lakehouse.succeed("sales", "drop", *map(str, files), "--wait")
    records = SalesRecords()
    for path in files:
        for row in rows(path):
            records.read(row)
    return records


def test_redshift_has_every_order_in_its_country_quarter_and_type(lakehouse: Lakehouse, expected: SalesRecords) -> None:
    measures = ("orders", "units_sold", "total_revenue", "total_cost", "total_profit")
    found = {
        (row["region"], row["country"], int(row["year"]), int(row["quarter"]), row["item_type"]): tuple(
            Decimal(row[measure]) for measure in measures
        )
        for row in lakehouse.rows("redshift", "SELECT * FROM analytics.regionalsales")
    }
    assert found == expected.by_quarter()


def test_every_other_row_is_rejected_for_its_reason(lakehouse: Lakehouse, expected: SalesRecords) -> None:
    found = lakehouse.athena("SELECT reason, count(*) AS number FROM sales_rejects GROUP BY reason")
    assert Counter({row["reason"]: int(row["number"]) for row in found}) == expected.rejects
    assert len(expected.orders) + expected.rejects.total() == ORDERS
