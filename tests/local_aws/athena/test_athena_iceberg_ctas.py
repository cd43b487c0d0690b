"""Iceberg tables that Athena makes of a query, whole or not at all."""

from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake


@pytest.fixture(scope="module")
def lake(aws_endpoint: Endpoint, aws: Callable[..., BaseClient]) -> IcebergLake:
    return IcebergLake.over(aws_endpoint, aws)


def test_create_table_as_appears_with_its_rows(lake: IcebergLake):
    execution = lake.execute(
        f"CREATE TABLE copied WITH (table_type = 'ICEBERG', is_external = false, location = '{lake.url('copied/')}', "
        "partitioning = ARRAY['month(day)', 'bucket(id, 4)'], format = 'PARQUET', write_compression = 'GZIP', "
        "vacuum_min_snapshots_to_keep = 10) AS SELECT x AS id, DATE '2024-01-31' + x * INTERVAL '1' DAY AS day "
        "FROM UNNEST(sequence(1, 40)) t(x)"
    )
    assert execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    table = lake.load("copied")
    assert [str(field.transform) for field in table.spec().fields] == ["month", "bucket[4]"]
    assert table.properties["history.expire.min-snapshots-to-keep"] == "10"
    assert len(table.metadata.snapshots) == 1
    assert {row[0] for row in lake.read("copied")} == set(range(1, 41))
    assert lake.rows("SELECT count(*) FROM copied WHERE day < DATE '2024-03-01'") == [["29"]]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("location = 'LOCATION'", "INVALID_TABLE_PROPERTY: Iceberg tables need the table property is_external = false"),
        ("is_external = false", "No location was specified for table"),
        (
            "is_external = false, location = 'LOCATION', partitioned_by = ARRAY['id']",
            "INVALID_TABLE_PROPERTY: partitioned_by is not a table property of Iceberg tables",
        ),
        (
            "is_external = false, location = 'LOCATION', partitioning = ARRAY['id']",
            "ICEBERG_TOO_MANY_OPEN_PARTITIONS: ",
        ),
        ("is_external = false, location = 'LOCATION', partitioning = ARRAY['day(id)']", "Invalid partition transform"),
    ],
)
def test_failed_create_table_as_leaves_nothing(lake: IcebergLake, properties: str, reason: str):
    properties = properties.replace("LOCATION", lake.url("failed/"))
    failure = lake.failure(
        f"CREATE TABLE failed WITH (table_type = 'ICEBERG', {properties}) AS "
        "SELECT x AS id FROM UNNEST(sequence(1, 101)) t(x)"
    )
    assert failure.startswith(reason)
    assert "failed" not in lake.lines("SHOW TABLES")
    assert lake.keys("failed/") == []


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ("SELECT CAST('2024-01-31 12:00:00' AS timestamp) AS at", 3),
        ("SELECT TIMESTAMP '2024-01-31 12:00:00' AS at", 0),
        ("SELECT ARRAY[CAST('2024-01-31 12:00:00' AS timestamp)] AS at", 3),
        ("SELECT at FROM (SELECT CAST(CAST('2024-01-31 12:00:00' AS timestamp(6)) AS timestamp(3)) AS at)", 3),
    ],
)
def test_create_table_as_takes_no_timestamp_of_other_digits_than_icebergs(lake: IcebergLake, query: str, digits: int):
    properties = f"table_type = 'ICEBERG', is_external = false, location = '{lake.url('refused/')}'"
    assert lake.failure(f"CREATE TABLE refused WITH ({properties}) AS {query}") == (
        f'NOT_SUPPORTED: Timestamp precision ({digits}) not supported for Iceberg. Use "timestamp(6)" instead.'
    )


def test_create_table_as_takes_microseconds(lake: IcebergLake):
    properties = f"table_type = 'ICEBERG', is_external = false, location = '{lake.url('moments/')}'"
    at = "max(date_trunc('hour', CAST('2024-01-31 12:30:00' AS timestamp(6))))"
    lake.execute(f"CREATE TABLE moments WITH ({properties}) AS SELECT {at} AS at")
    assert lake.rows("SELECT at FROM moments") == [["2024-01-31 12:00:00.000000"]]
