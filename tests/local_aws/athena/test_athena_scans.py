"""What a SELECT reads: partitions, files and columns, and the rows that joins keep of them."""

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


@pytest.fixture(scope="module")
def sales(lake: Lake) -> Lake:
    """Three months of 100 rows, partitions found by MSCK; the last month lacks a column."""
    for month in (1, 2, 3):
        columns = {"id": pa.array(range(100), pa.int64()), "amount": pa.array([Decimal("1.25")] * 100)}
        if month < 3:
            columns["City"] = pa.array([f"city {month}"] * 100)
        lake.put_parquet(f"sales/year=2024/month={month}/part.parquet", pa.table(columns))
    lake.put("sales/year=2024/month=1/_SUCCESS", "ignored")
    lake.execute(
        "CREATE EXTERNAL TABLE sales (id bigint, amount decimal(10,2), city string, channel string) "
        f"PARTITIONED BY (year int, month int) STORED AS PARQUET LOCATION '{lake.url('sales/')}'"
    )
    lake.execute("MSCK REPAIR TABLE sales")
    return lake


def test_missing_column_is_null_and_names_are_case_insensitive(sales: Lake):
    rows = sales.rows("SELECT Month, max(CITY), max(channel) FROM Sales GROUP BY month ORDER BY month")
    assert rows == [["1", "city 1", None], ["2", "city 2", None], ["3", None, None]]


def test_path_column_is_hidden_from_star(sales: Lake):
    [row] = sales.rows('SELECT *, "$path" FROM sales WHERE month = 2 AND id = 5')
    assert row == ["5", "1.25", "city 2", None, "2024", "2", sales.url("sales/year=2024/month=2/part.parquet")]


def test_qualified_names_find_the_table(sales: Lake):
    statement = 'SELECT sales.id FROM "AwsDataCatalog"."DATABASE"."sales" WHERE sales.id = 1 AND month = 1'
    assert sales.rows(statement.replace("DATABASE", sales.database), QueryExecutionContext={}) == [["1"]]


def test_cte_shadows_a_table(sales: Lake):
    assert sales.rows("WITH sales AS (SELECT id FROM sales WHERE id < 2) SELECT count(*) FROM sales") == [["6"]]


def test_self_join_reads_each_side_with_its_own_partitions(sales: Lake):
    [[count]] = sales.rows(
        "SELECT count(*) FROM sales a JOIN sales b ON a.id = b.id AND b.month = 2 WHERE a.month IN (1, 3) AND a.id < 10"
    )
    assert count == "20"


def test_outer_join_keeps_rows_whose_other_side_is_filtered_in_the_join(sales: Lake):
    [row] = sales.rows(
        "SELECT count(*), count(b.id) FROM sales a LEFT JOIN sales b ON a.id = b.id AND b.month = 9 WHERE a.month = 1"
    )
    assert row == ["100", "0"]


def test_condition_on_the_null_side_of_an_outer_join_sees_nulls(sales: Lake):
    [row] = sales.rows(
        "SELECT count(*) FROM (VALUES 1, 1000) v(x) LEFT JOIN sales s ON v.x = s.id "
        "WHERE s.month IS NULL OR s.month = 2"
    )
    assert row == ["2"]


def test_cte_that_is_used_twice_keeps_the_rows_of_both_uses(sales: Lake):
    rows = sales.rows(
        "WITH s AS (SELECT month, id FROM sales) SELECT a.month, b.month, count(*) FROM s a JOIN s b ON a.id = b.id "
        "WHERE a.month = 1 AND b.month = 2 GROUP BY 1, 2"
    )
    assert rows == [["1", "2", "100"]]


def test_union_filters_each_branch(sales: Lake):
    rows = sales.rows(
        "SELECT m, count(*) FROM (SELECT month m, id FROM sales UNION ALL SELECT id, month FROM sales WHERE month = 1) "
        "u WHERE m = 2 GROUP BY m"
    )
    assert rows == [["2", "101"]]


def test_window_over_partitions_is_not_pruned(sales: Lake):
    rows = sales.rows(
        "SELECT r FROM (SELECT month, row_number() OVER (ORDER BY month, id) r FROM sales) w "
        "WHERE month = 2 ORDER BY r LIMIT 1"
    )
    assert rows == [["101"]]


def test_scanned_bytes_are_those_of_the_columns_and_partitions_read(lake: Lake):
    sizes = {}
    for month in (1, 2):
        table = pa.table(
            {"id": pa.array(range(1000), pa.int64()), "name": pa.array([f"name {i}" for i in range(1000)])}
        )
        metadata = lake.put_parquet(f"scanned/month={month}/part.parquet", table)
        group = metadata.row_group(0)
        sizes[month] = [group.column(index).total_compressed_size for index in range(2)]
    lake.execute(
        f"CREATE EXTERNAL TABLE scanned (id bigint, name string) PARTITIONED BY (month int) "
        f"STORED AS PARQUET LOCATION '{lake.url('scanned/')}'"
    )
    lake.execute("MSCK REPAIR TABLE scanned")
    lake.execute("CREATE VIEW scanned_view AS SELECT id, name AS label, month AS m FROM scanned")
    assert lake.scanned_bytes("SELECT sum(id) FROM scanned") == sizes[1][0] + sizes[2][0]
    assert lake.scanned_bytes("SELECT sum(id) FROM scanned WHERE month = 2") == sizes[2][0]
    assert lake.scanned_bytes("SELECT * FROM scanned WHERE month > 1") == sum(sizes[2])
    assert lake.scanned_bytes("SELECT max(label) FROM scanned_view WHERE m = 1") == sizes[1][1]
    assert lake.scanned_bytes("SELECT count(*) FROM scanned") == 0


def test_a_partition_whose_value_is_none_of_its_type_is_named(lake: Lake):
    lake.execute(
        "CREATE EXTERNAL TABLE months (id bigint) PARTITIONED BY (month int) STORED AS PARQUET"
        f" LOCATION '{lake.url('months/')}'"
    )
    lake.put_parquet("months/month=may/part.parquet", pa.table({"id": pa.array([1], pa.int64())}))
    table = lake.glue.get_table(DatabaseName=lake.database, Name="months")["Table"]
    descriptor = table["StorageDescriptor"] | {"Location": lake.url("months/month=may/")}
    partition = {"Values": ["may"], "StorageDescriptor": descriptor}
    lake.glue.create_partition(DatabaseName=lake.database, TableName="months", PartitionInput=partition)
    error = lake.failure("SELECT id FROM months WHERE month = 5")
    assert error.startswith("HIVE_INVALID_PARTITION_VALUE: Invalid partition value for month: ")
    assert "'may'" in error


def test_a_partition_key_may_have_any_name(lake: Lake):
    for place in (1, 2):
        lake.put_parquet(f"ranked/position={place}/y=a/part.parquet", pa.table({"id": [place * 10]}))
    lake.execute(
        "CREATE EXTERNAL TABLE ranked (id bigint) PARTITIONED BY (position int, y string) STORED AS PARQUET "
        f"LOCATION '{lake.url('ranked/')}'"
    )
    lake.execute("MSCK REPAIR TABLE ranked")
    assert lake.rows("SELECT id, position FROM ranked WHERE position = 2 AND y = 'a'") == [["20", "2"]]


def test_pruned_partition_is_never_opened(lake: Lake):
    lake.put_parquet("broken/month=1/part.parquet", pa.table({"id": [1]}))
    lake.put("broken/month=2/part.parquet", "not a Parquet file")
    lake.execute(
        "CREATE EXTERNAL TABLE broken (id bigint) PARTITIONED BY (month int) "
        f"STORED AS PARQUET LOCATION '{lake.url('broken/')}'"
    )
    lake.execute("MSCK REPAIR TABLE broken")
    assert lake.rows("SELECT id FROM broken WHERE month = 1") == [["1"]]
    assert lake.failure("SELECT id FROM broken") == (
        f"HIVE_BAD_DATA: Not valid Parquet file: {lake.url('broken/month=2/part.parquet')}"
    )


def test_partition_key_is_no_lambdas_variable_where_partitions_are_chosen(lake: Lake):
    for value in ("a", "b"):
        lake.put_parquet(f"named/x={value}/part.parquet", pa.table({"id": [1]}))
    lake.execute(
        "CREATE EXTERNAL TABLE named (id bigint) PARTITIONED BY (x string) STORED AS PARQUET "
        f"LOCATION '{lake.url('named/')}' TBLPROPERTIES ('projection.enabled' = 'true', "
        "'projection.x.type' = 'enum', 'projection.x.values' = 'a,b')"
    )
    assert lake.rows("SELECT x FROM named WHERE NOT contains(ARRAY['a'], x)") == [["b"]]


def test_row_groups_that_cannot_hold_a_wanted_text_are_not_read(lake: Lake):
    symbols = [f"{letter}{number}" for letter in "ABC" for number in range(100)]
    table = pa.table({"symbol": symbols, "volume": pa.array(range(300), pa.int64())})
    footer = lake.put_parquet("grouped/part.parquet", table, row_group_size=100)
    lake.execute(
        "CREATE EXTERNAL TABLE grouped (symbol string, volume bigint) STORED AS PARQUET "
        f"LOCATION '{lake.url('grouped/')}'"
    )
    sizes = [
        sum(footer.row_group(group).column(place).total_compressed_size for place in range(2)) for group in range(3)
    ]
    assert lake.scanned_bytes("SELECT * FROM grouped") == sum(sizes)
    assert lake.scanned_bytes("SELECT * FROM grouped WHERE symbol = 'B7'") == sizes[1]
    assert lake.scanned_bytes("SELECT * FROM grouped WHERE symbol = 'B7' OR volume = 1") == sum(sizes)
    assert lake.scanned_bytes("SELECT * FROM grouped WHERE symbol <> 'B7'") == sum(sizes)
    assert lake.rows("SELECT volume FROM grouped WHERE 'B7' = symbol AND volume > 0") == [["107"]]
