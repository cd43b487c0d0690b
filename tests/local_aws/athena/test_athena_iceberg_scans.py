"""What a SELECT reads of an Iceberg table: files by partition and statistics, columns by field id."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from botocore.client import BaseClient
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform, TruncateTransform
from pyiceberg.types import (
    DecimalType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake, arrow_table

SALES = Schema(
    NestedField(1, "id", LongType()),
    NestedField(2, "symbol", StringType()),
    NestedField(3, "amount", DecimalType(18, 2)),
    NestedField(4, "sold_at", TimestampType()),
    NestedField(5, "year", IntegerType()),
    NestedField(6, "month", IntegerType()),
)


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


@pytest.fixture(scope="module")
def sales(lake: IcebergLake) -> IcebergLake:
    """A file per month of 2024, of 100 rows each: ids and amounts go up, symbols are `S<month>-<row>`."""
    table = lake.create_table("sales", SALES, "year", "month")
    months = range(1, 13)
    table.append(
        arrow_table(
            SALES,
            id=[month * 1000 + row for month in months for row in range(100)],
            symbol=[f"S{month:02d}-{row:02d}" for month in months for row in range(100)],
            amount=[Decimal(month) + Decimal(row) / 100 for month in months for row in range(100)],
            sold_at=[datetime(2024, month, 1 + row % 28, 12, tzinfo=UTC) for month in months for row in range(100)],
            year=[2024] * 1200,
            month=[month for month in months for _ in range(100)],
        )
    )
    return lake


def test_rows_are_those_that_were_written(sales: IcebergLake):
    [row] = sales.rows("SELECT count(*), sum(id), sum(amount), min(symbol), max(sold_at) FROM sales")
    ids = sum(month * 1000 + value for month in range(1, 13) for value in range(100))
    amounts = sum(Decimal(month * 100 + value) for month in range(1, 13) for value in range(100)) / 100
    assert row[:4] == ["1200", str(ids), f"{amounts:.2f}", "S01-00"]
    assert row[4].startswith("2024-12-28 12:00:00")
    assert sales.rows("SELECT * FROM Sales WHERE ID = 3042")[0][:3] == ["3042", "S03-42", "3.42"]


@pytest.mark.parametrize(
    ("condition", "months"),
    [
        ("true", range(1, 13)),
        ("year = 2024 AND month IN (4, 5)", [4, 5]),
        ("2024 = year AND NOT (month > 2)", [1, 2]),
        ("month BETWEEN 3 AND 4 OR (month = 7 AND year = 2024)", [3, 4, 7]),
        ("year = 2023", []),
        ("month IS NULL", []),
        ("id >= 11000", [11, 12]),
        ("symbol = 'S05-10'", [5]),
        ("symbol LIKE 'S06%'", [6]),
        ("amount < 1.5", [1]),
        ("sold_at >= timestamp '2024-12-01 00:00:00'", [12]),
        ("CAST(sold_at AS date) = DATE '2024-02-01' + INTERVAL '1' DAY", [2]),
        ("date(sold_at) > DATE '2024-11-28'", [12]),
        ("id < 2000 AND symbol <> 'x'", [1]),
        ("id = 1 OR length(symbol) = 6", range(1, 13)),
    ],
)
def test_only_files_that_may_hold_the_wanted_rows_are_counted(sales: IcebergLake, condition: str, months: list[int]):
    names = [name for name in ("id", "symbol", "amount", "sold_at", "year", "month") if name in condition]
    sizes = sales.data_file_sizes(sales.load("sales"), *names, "id")
    expected = sum(size for url, size in sizes.items() if any(url.count(f"/month={month}/") for month in months))
    assert sales.scanned_bytes(f"SELECT id FROM sales WHERE {condition}") == expected


def test_conditions_reach_the_table_through_views_joins_and_parameters(sales: IcebergLake):
    sales.execute("CREATE OR REPLACE VIEW sales_view AS SELECT id AS sale, month AS m FROM sales")
    sizes = sales.data_file_sizes(sales.load("sales"), "id", "month")
    june = sum(size for url, size in sizes.items() if "/month=6/" in url)
    may = sum(size for url, size in sizes.items() if "/month=5/" in url)
    assert sales.scanned_bytes("SELECT sum(sale) FROM sales_view WHERE m = 6") == june
    joined = "SELECT count(*) FROM sales a JOIN sales b ON a.id = b.id + 1000 AND b.month = 5 WHERE a.month = 6"
    assert sales.scanned_bytes(joined) == may + june
    assert sales.rows(joined) == [["100"]]
    parameters = sales.execute("SELECT sum(id) FROM sales WHERE month = ?", ExecutionParameters=["6"])
    assert parameters["Statistics"]["DataScannedInBytes"] == june
    cte = "WITH s AS (SELECT * FROM sales) SELECT sum(id) FROM s WHERE month = 6"
    assert sales.scanned_bytes(cte) == june


def test_pruned_file_is_never_opened(lake: IcebergLake):
    table = lake.create_table("broken", SALES, "month")
    for month in (1, 2):
        table.append(
            arrow_table(SALES, id=[month], symbol=[None], amount=[None], sold_at=[None], year=[2024], month=[month])
        )
    [url] = [task.file.file_path for task in table.scan("month = 2").plan_files()]
    lake.s3.delete_object(Bucket=lake.bucket, Key=url.removeprefix(f"s3://{lake.bucket}/"))
    assert lake.rows("SELECT id FROM broken WHERE month = 1") == [["1"]]
    assert lake.failure("SELECT id FROM broken").startswith(
        f"ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split {url}"
    )


def test_partitions_of_any_text_are_found(lake: IcebergLake):
    values = ["a b", "a/b", "a%20b", "ä=[1]*?", "it's", "", None, "x" * 100]
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "city", StringType()))
    table = lake.create_table("cities", schema, "city")
    table.append(arrow_table(schema, id=list(range(len(values))), city=values))
    rows = lake.rows("SELECT id, city FROM cities ORDER BY id")
    assert rows == [[str(place), value] for place, value in enumerate(values)]
    for place, value in enumerate(values):
        wanted = "city IS NULL" if value is None else "city = '{}'".format(value.replace("'", "''"))
        execution = lake.execute(f"SELECT id FROM cities WHERE {wanted}")
        assert lake.results(execution["QueryExecutionId"])[1:] == [[str(place)]]
        [task] = table.scan(f"id = {place}").plan_files()
        sizes = lake.data_file_sizes(table, "id", "city")
        assert execution["Statistics"]["DataScannedInBytes"] == sizes[task.file.file_path]


def test_decimals_nulls_and_wide_integers_prune_only_what_cannot_match(lake: IcebergLake):
    schema = Schema(NestedField(1, "price", DecimalType(18, 2)), NestedField(2, "units", IntegerType()))
    table = lake.create_table("priced", schema)
    batches = [([Decimal("1.10"), None], [1, 2]), ([Decimal("-5.00")], [None]), ([None], [2**31 - 1])]
    for prices, units in batches:
        table.append(arrow_table(schema, price=prices, units=units))
    expected = {
        "price = 1.1": 1,
        "price = 1.105": 0,
        "price > -5.001": 2,
        "price IS NULL": 2,
        "price <> 1.1": 1,
        "NOT (price = 1.1)": 1,
        "units > 3000000000": 0,
        "units = 2147483647": 1,
        "units IN (1, 2.0, 7)": 2,
        "units > 1.5": 2,
        "units IS NULL OR price IS NULL": 3,
        "NOT (units BETWEEN 0 AND 5)": 1,
        "price = 1.1 AND random() < 2": 1,
        "units = (SELECT max(units) FROM priced)": 1,
    }
    found = {
        condition: int(lake.rows(f"SELECT count(*) FROM priced WHERE {condition}")[0][0]) for condition in expected
    }
    assert found == expected


def test_conditions_on_a_column_prune_the_partitions_of_its_transforms(lake: IcebergLake):
    """Files that were written before the table was partitioned, by day, and by day and first letter."""
    schema = Schema(NestedField(1, "name", StringType()), NestedField(2, "sold_at", TimestampType()))
    table = lake.create_table("transformed", schema)
    sizes = {}

    def add(*rows: tuple[str, int]) -> None:
        key = f"transformed/data/{rows[0][0]}-{rows[0][1]}.parquet"
        moments = [datetime(2024, 5, day, 23, tzinfo=UTC) for _, day in rows]
        content = pa.table({"name": [name for name, _ in rows], "sold_at": pa.array(moments, pa.timestamp("us"))})
        footer = lake.put_parquet(key, content)
        sizes[rows[0]] = footer.row_group(0).column(0).total_compressed_size
        table.add_files([lake.url(key)])

    add(("a", 1), ("b", 3))
    with table.update_spec() as update:
        update.add_field("sold_at", DayTransform(), "day")
    add(("c", 2))
    add(("d", 3))
    with table.update_spec() as update:
        update.add_field("name", TruncateTransform(1), "letter")
    add(("east", 2), ("east side", 2))
    add(("west", 2))

    def names(condition: str) -> tuple[list[str], int]:
        statement = f"SELECT name FROM transformed WHERE {condition} ORDER BY name"
        return [name for [name] in lake.rows(statement)], lake.scanned_bytes(statement)

    found, scanned = names("name LIKE 'east%'")
    assert (found, scanned) == (["east", "east side"], sizes["east", 2])
    assert names("date(sold_at) = DATE '2024-05-02' AND name > 'd'")[0] == ["east", "east side", "west"]
    assert names("sold_at < timestamp '2024-05-02 00:00:00'")[0] == ["a"]
    assert names("sold_at >= timestamp '2024-05-03 00:00:00'")[0] == ["b", "d"]
    assert lake.rows('SELECT partition.day, partition.letter FROM "transformed$partitions" ORDER BY 1, 2') == [
        ["2024-05-02", "e"],
        ["2024-05-02", "w"],
        ["2024-05-02", None],
        ["2024-05-03", None],
        [None, None],
    ]
