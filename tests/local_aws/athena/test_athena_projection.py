"""Partition projection: partitions come from the table's properties, not from the catalog."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake


@pytest.fixture
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


def create_projected(lake: Lake, keys: str, properties: dict[str, str], folder: str = "t/") -> None:
    listed = ", ".join(f"'{name}' = '{value}'" for name, value in ({"projection.enabled": "true"} | properties).items())
    lake.execute(
        f"CREATE EXTERNAL TABLE t (id bigint) PARTITIONED BY ({keys}) STORED AS PARQUET "
        f"LOCATION '{lake.url(folder)}' TBLPROPERTIES ({listed})"
    )


def put(lake: Lake, folder: str, value: int) -> None:
    lake.put_parquet(f"{folder}/part.parquet", pa.table({"id": pa.array([value], pa.int64())}))


def test_integer_projection_finds_partitions_that_nobody_registered(lake: Lake):
    for year, month in ((2023, 12), (2024, 1), (2024, 2)):
        put(lake, f"t/year={year}/month={month}", year * 100 + month)
    put(lake, "t/year=1999/month=1", 1)
    create_projected(
        lake,
        "year int, month int",
        {
            "projection.year.type": "integer",
            "projection.year.range": "2000,2099",
            "projection.month.type": "integer",
            "projection.month.range": "1,12",
        },
    )
    assert lake.rows("SELECT id, year, month FROM t ORDER BY id") == [
        ["202312", "2023", "12"],
        ["202401", "2024", "1"],
        ["202402", "2024", "2"],
    ]
    assert lake.rows("SELECT id FROM t WHERE year = 2024 AND month BETWEEN 2 AND 6") == [["202402"]]


def test_projection_prunes_before_any_file_is_opened(lake: Lake):
    put(lake, "t/year=2024", 1)
    lake.put("t/year=2025/part.parquet", "not a Parquet file")
    create_projected(lake, "year int", {"projection.year.type": "integer", "projection.year.range": "2000,2099"})
    assert lake.rows("SELECT id FROM t WHERE year < 2025") == [["1"]]
    assert lake.failure("SELECT id FROM t").startswith("HIVE_BAD_DATA: ")


def test_registered_partitions_are_ignored_with_projection(lake: Lake):
    put(lake, "t/year=1990", 1)
    create_projected(lake, "year int", {"projection.year.type": "integer", "projection.year.range": "2000,2099"})
    lake.execute("ALTER TABLE t ADD PARTITION (year = 1990)")
    assert lake.rows("SELECT id FROM t") == []


def test_integer_projection_with_digits_and_interval(lake: Lake):
    put(lake, "t/code=005", 5)
    put(lake, "t/code=006", 6)
    create_projected(
        lake,
        "code int",
        {
            "projection.code.type": "integer",
            "projection.code.range": "0,100",
            "projection.code.interval": "5",
            "projection.code.digits": "3",
        },
    )
    assert lake.rows("SELECT id, code FROM t") == [["5", "5"]]
    assert lake.rows("SELECT id FROM t WHERE code = 5") == [["5"]]


def test_enum_projection(lake: Lake):
    for region in ("eu", "us", "xx"):
        put(lake, f"t/region={region}", len(region))
    create_projected(lake, "region string", {"projection.region.type": "enum", "projection.region.values": "eu,us"})
    assert lake.rows("SELECT region FROM t ORDER BY region") == [["eu"], ["us"]]
    assert lake.rows("SELECT region FROM t WHERE region LIKE 'e%'") == [["eu"]]


def test_date_projection_with_a_template(lake: Lake):
    put(lake, "t/2024/02/29", 29)
    put(lake, "t/2024/03/01", 1)
    create_projected(
        lake,
        "day string",
        {
            "projection.day.type": "date",
            "projection.day.range": "2024/01/01,2024/12/31",
            "projection.day.format": "yyyy/MM/dd",
            "storage.location.template": lake.url("t/${day}/"),
        },
    )
    assert lake.rows("SELECT id, day FROM t ORDER BY day") == [["29", "2024/02/29"], ["1", "2024/03/01"]]
    assert lake.rows("SELECT id FROM t WHERE day >= '2024/03/01'") == [["1"]]


def test_date_projection_relative_to_now(lake: Lake):
    today = datetime.now(UTC).date()
    for days in (0, 1, 10):
        put(lake, f"t/day={today - timedelta(days=days)}", days)
    create_projected(
        lake,
        "day date",
        {"projection.day.type": "date", "projection.day.range": "NOW-3DAYS,NOW", "projection.day.format": "yyyy-MM-dd"},
    )
    assert lake.rows("SELECT id FROM t ORDER BY id") == [["0"], ["1"]]
    assert lake.rows("SELECT id FROM t WHERE day = ?", ExecutionParameters=[f"DATE '{today}'"]) == [["0"]]


def test_date_projection_by_month(lake: Lake):
    for month in ("2024-01", "2024-03"):
        put(lake, f"t/month={month}", int(month[-2:]))
    create_projected(
        lake,
        "month string",
        {
            "projection.month.type": "date",
            "projection.month.range": "2024-01,2024-12",
            "projection.month.format": "yyyy-MM",
            "projection.month.interval": "1",
            "projection.month.interval.unit": "MONTHS",
        },
    )
    assert lake.rows("SELECT id FROM t WHERE month > '2024-01'") == [["3"]]


def test_injected_projection_needs_an_equality(lake: Lake):
    put(lake, "t/device=a1", 1)
    put(lake, "t/device=b2", 2)
    create_projected(lake, "device string", {"projection.device.type": "injected"})
    assert lake.rows("SELECT id, device FROM t WHERE device = 'b2'") == [["2", "b2"]]
    assert lake.rows("SELECT id FROM t WHERE device IN ('a1', 'b2') ORDER BY id") == [["1"], ["2"]]
    assert lake.failure("SELECT id FROM t WHERE device > 'a'") == (
        "CONSTRAINT_VIOLATION: For the injected projected partition column device, the WHERE clause must contain only "
        "static equality conditions, and at least one such condition must be present."
    )


def test_missing_property_is_named(lake: Lake):
    create_projected(lake, "year int", {"projection.year.type": "integer"})
    assert "'projection.year.range' is missing" in lake.failure("SELECT id FROM t")


def test_insert_writes_where_the_projection_reads(lake: Lake):
    create_projected(lake, "year int", {"projection.year.type": "integer", "projection.year.range": "2000,2099"})
    lake.execute("INSERT INTO t SELECT 5, 2024")
    assert lake.rows("SELECT id, year FROM t WHERE year = 2024") == [["5", "2024"]]
    assert len(lake.keys("t/year=2024/")) == 1
