"""What crawlers make of files: tables, columns and partitions."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.local_aws.crawled_lake import CrawledLake


@pytest.fixture
def lake(aws):
    return CrawledLake(aws)


def test_parquet_types_become_hive_types(lake):
    row = {
        "ID": 1,
        "amount": Decimal("12.34"),
        "is_active": True,
        "score": 0.5,
        "name": "x",
        "day": date(2024, 1, 1),
        "at": datetime(2024, 1, 1, tzinfo=UTC),
        "raw": b"x",
        "flags": ["a"],
        "device": {"count": 1, "os": "x"},
    }
    lake.put_rows("raw/customers/LOAD00000001.parquet", [row])

    last_crawl = lake.crawl("raw/customers/")

    assert last_crawl["Status"] == "SUCCEEDED"
    assert lake.columns("customers") == {
        "id": "bigint",
        "amount": "decimal(4,2)",
        "is_active": "boolean",
        "score": "double",
        "name": "string",
        "day": "date",
        "at": "timestamp",
        "raw": "binary",
        "flags": "array<string>",
        "device": "struct<count:bigint,os:string>",
    }
    table = lake.table("customers")
    assert table["StorageDescriptor"]["Location"] == lake.url("raw/customers/")
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert table["Parameters"]["classification"] == "parquet"
    assert (table["Parameters"]["recordCount"], table["Parameters"]["objectCount"]) == ("1", "1")


def test_dates_beyond_pythons_years_are_crawled(lake, tmp_path):
    """PostgreSQL's first and last day, and the last moment that a Parquet timestamp can be."""
    path = tmp_path / "far.parquet"
    days = pa.array([-2440588, 2145042905], pa.int32()).cast(pa.date32())
    moments = pa.array([-210866803200 * 10**6, 2**63 - 1], pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"day": days, "at": moments}), path)
    lake.put("raw/customers/LOAD00000001.parquet", path.read_bytes())

    assert lake.crawl("raw/customers/")["Status"] == "SUCCEEDED"
    assert lake.columns("customers") == {"day": "date", "at": "timestamp"}
    assert lake.table("customers")["Parameters"]["recordCount"] == "2"


def test_hive_folders_become_partitions(lake):
    for year, month in ((2023, 12), (2024, 1)):
        lake.put_rows(f"facts/year={year}/month={month}/part.parquet", [{"id": year}])

    lake.crawl("facts")

    assert lake.table("facts")["PartitionKeys"] == [
        {"Name": "year", "Type": "string"},
        {"Name": "month", "Type": "string"},
    ]
    assert lake.partitions("facts") == {
        ("2023", "12"): lake.url("facts/year=2023/month=12/"),
        ("2024", "1"): lake.url("facts/year=2024/month=1/"),
    }


def test_folders_of_like_files_without_names_become_numbered_partitions(lake):
    for day in ("2024-01-01", "2024-01-02"):
        lake.put_rows(f"events/{day}/part.parquet", [{"id": 1}])

    lake.crawl("events/")

    assert [key["Name"] for key in lake.table("events")["PartitionKeys"]] == ["partition_0"]
    assert set(lake.partitions("events")) == {("2024-01-01",), ("2024-01-02",)}


def test_folders_of_unlike_files_become_tables_named_after_them(lake):
    lake.put_rows("raw/Customer-Data/a.parquet", [{"customer_id": 1, "name": "x"}])
    lake.put_rows("raw/accounts/a.parquet", [{"account_id": 1, "status": "open"}])

    lake.crawl("raw/", TablePrefix="src_")

    assert set(lake.tables()) == {
        "src_customer_data",
        "src_accounts",
    }


def test_schemas_of_a_table_are_merged_over_its_files(lake):
    base = {"id": 1, "name": "x", "status": "y"}
    lake.put_rows("t/a.parquet", [base])
    lake.put_rows("t/b.parquet", [{**base, "score": 1.5}])

    lake.crawl("t/")

    assert lake.columns("t") == {"id": "bigint", "name": "string", "status": "string", "score": "double"}
    assert lake.table("t")["Parameters"]["recordCount"] == "2"


def test_json_lines_with_nested_and_mixed_values(lake):
    documents = [
        {"id": 1, "risk": {"score": 1, "flags": []}, "tags": ["a"], "mixed": 1, "none": None},
        {"id": 2**40, "risk": {"score": 0.5, "flags": ["x"], "model": "m"}, "mixed": "a"},
    ]
    lake.put("events/part.json", "\n".join(map(json.dumps, documents)).encode())

    lake.crawl("events/")

    assert lake.columns("events") == {
        "id": "bigint",
        "risk": "struct<score:double,flags:array<string>,model:string>",
        "tags": "array<string>",
        "mixed": "string",
        "none": "string",
    }
    assert lake.table("events")["Parameters"]["classification"] == "json"
    assert lake.table("events")["Parameters"]["recordCount"] == "2"


def test_csv_with_a_header(lake):
    lake.put("rates/rates.csv", b'Code,Rate,Days,Is Open,Note\nEUR,1.5,3,true,"a, b"\nUSD,2,4,false,\n')

    lake.crawl("rates/")

    assert lake.columns("rates") == {
        "code": "string",
        "rate": "double",
        "days": "bigint",
        "is open": "boolean",
        "note": "string",
    }
    parameters = lake.table("rates")["Parameters"]
    assert (parameters["classification"], parameters["delimiter"]) == ("csv", ",")
    assert (parameters["skip.header.line.count"], parameters["recordCount"]) == ("1", "2")


def test_compressed_csv_without_a_header(lake):
    lake.put("rates/rates.csv.gz", gzip.compress(b"EUR|1|x\nUSD|2|y\n"))

    lake.crawl("rates/")

    assert lake.columns("rates") == {"col0": "string", "col1": "bigint", "col2": "string"}
    parameters = lake.table("rates")["Parameters"]
    assert (parameters["compressionType"], parameters["delimiter"]) == ("gzip", "|")
    assert "skip.header.line.count" not in parameters


def test_excluded_hidden_and_empty_files_are_left_out(lake):
    lake.put_rows("t/a.parquet", [{"id": 1}])
    lake.put_rows("t/_temporary/b.parquet", [{"other": 1}])
    lake.put("t/_SUCCESS", b"")
    lake.put("t/notes/readme.json", b'{"text": "x"}')
    targets = {"S3Targets": [{"Path": lake.url("t/"), "Exclusions": ["notes/**", "*.{tmp,bak}"]}]}

    lake.crawl(Targets=targets)

    assert lake.columns("t") == {"id": "bigint"}
    assert lake.table("t")["Parameters"]["objectCount"] == "1"


def test_a_sample_of_each_folder_is_enough(lake):
    lake.put_rows("t/a.parquet", [{"id": 1}])
    lake.put("t/b.parquet", b"PAR1 broken")
    targets = {"S3Targets": [{"Path": lake.url("t/"), "SampleSize": 1}]}

    assert lake.crawl(Targets=targets)["Status"] == "SUCCEEDED"

    assert lake.table("t")["Parameters"]["objectCount"] == "2"
