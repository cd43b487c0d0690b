"""Glue crawlers of the local endpoint, over files written by pyarrow or by hand."""

import gzip
import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

DEADLINE_SECONDS = 60


class Lake:
    """A bucket and a database of the test's own."""

    def __init__(self, client):
        self.glue = client("glue")
        self.s3 = client("s3")
        self.bucket = f"crawl-{uuid4().hex[:8]}"
        self.database = f"crawl_{uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, key, content):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def put_rows(self, key, rows):
        content = BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), content)
        self.put(key, content.getvalue())

    def delete(self, key):
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def url(self, key):
        return f"s3://{self.bucket}/{key}"

    def create_crawler(self, *paths, **fields):
        name = f"crawler-{uuid4().hex[:8]}"
        targets = {"S3Targets": [{"Path": self.url(path)} for path in paths]}
        self.glue.create_crawler(
            **{"Name": name, "Role": "r", "DatabaseName": self.database, "Targets": targets} | fields
        )
        return name

    def create_catalog_crawler(self, *tables):
        targets = {"CatalogTargets": [{"DatabaseName": self.database, "Tables": list(tables)}]}
        policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
        return self.create_crawler(Targets=targets, SchemaChangePolicy=policy)

    def crawl(self, *paths, **fields):
        return self.start(self.create_crawler(*paths, **fields))

    def start(self, name):
        self.glue.start_crawler(Name=name)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.crawler(name)["State"] != "READY":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.crawler(name)["LastCrawl"]

    def crawler(self, name):
        return self.glue.get_crawler(Name=name)["Crawler"]

    def table(self, name):
        return self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]

    def tables(self):
        return [table["Name"] for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]]

    def columns(self, name):
        columns = self.table(name)["StorageDescriptor"]["Columns"]
        return {column["Name"]: column["Type"] for column in columns}

    def partitions(self, name):
        partitions = self.glue.get_partitions(DatabaseName=self.database, TableName=name)["Partitions"]
        return {tuple(entry["Values"]): entry["StorageDescriptor"]["Location"] for entry in partitions}


@pytest.fixture
def lake(aws):
    return Lake(aws)


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


def test_a_table_of_another_location_is_left_alone(lake):
    descriptor = {"Columns": [], "Location": "s3://elsewhere/customers/"}
    table_input = {"Name": "customers", "StorageDescriptor": descriptor}
    lake.glue.create_table(DatabaseName=lake.database, TableInput=table_input)
    lake.put_rows("customers/a.parquet", [{"id": 1}])

    lake.crawl("customers/")
    lake.crawl("customers/")

    first, second = lake.tables()
    assert first == "customers"
    assert lake.table(first)["StorageDescriptor"]["Location"] == "s3://elsewhere/customers/"
    assert second.startswith("customers_")
    assert lake.columns(second) == {"id": "bigint"}


@pytest.mark.parametrize(
    ("behavior", "columns"),
    [
        ("UPDATE_IN_DATABASE", {"id": "bigint", "name": "string", "x": "double"}),
        ("LOG", {"id": "bigint", "name": "string"}),
    ],
)
def test_a_changed_schema_follows_the_update_behavior(lake, behavior, columns):
    policy = {"UpdateBehavior": behavior, "DeleteBehavior": "LOG"}
    crawler = lake.create_crawler("t/", SchemaChangePolicy=policy)
    lake.put_rows("t/p=1/a.parquet", [{"id": 1, "name": "n"}])
    lake.start(crawler)
    for partition in (1, 2):
        lake.put_rows(f"t/p={partition}/a.parquet", [{"id": 1, "name": "n", "x": 0.5}])

    lake.start(crawler)

    assert lake.columns("t") == columns
    assert set(lake.partitions("t")) == {("1",), ("2",)}


@pytest.mark.parametrize(
    ("behavior", "tables"),
    [("LOG", ["gone", "kept"]), ("DEPRECATE_IN_DATABASE", ["gone", "kept"]), ("DELETE_FROM_DATABASE", ["kept"])],
)
def test_a_vanished_table_follows_the_delete_behavior(lake, behavior, tables):
    lake.put_rows("raw/gone/a.parquet", [{"id": 1}])
    lake.put_rows("raw/kept/a.parquet", [{"name": "x"}])
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": behavior}
    crawler = lake.create_crawler("raw/gone", "raw/kept", SchemaChangePolicy=policy)
    lake.start(crawler)
    lake.delete("raw/gone/a.parquet")

    lake.start(crawler)

    assert sorted(lake.tables()) == tables
    if behavior != "DELETE_FROM_DATABASE":
        is_deprecated = "DEPRECATED_BY_CRAWLER" in lake.table("gone")["Parameters"]
        assert is_deprecated == (behavior == "DEPRECATE_IN_DATABASE")


def test_crawls_and_metrics_tell_what_changed(lake):
    lake.put_rows("t/p=1/a.parquet", [{"id": 1}])
    crawler = lake.create_crawler("t/")
    lake.start(crawler)
    lake.put_rows("t/p=2/a.parquet", [{"id": 1}])
    lake.start(crawler)

    newest, oldest = lake.glue.list_crawls(CrawlerName=crawler)["Crawls"]

    assert newest["State"] == oldest["State"] == "COMPLETED"
    added = json.loads(json.loads(oldest["Summary"])["TABLE"])["ADD"]
    assert added == {"Count": 1, "Details": {"names": [f"{lake.database}.t"]}}
    assert json.loads(json.loads(newest["Summary"])["PARTITION"])["ADD"]["Count"] == 1
    (metrics,) = lake.glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"], metrics["TablesDeleted"]) == (1, 1, 0)


def published_table(lake, location, **fields):
    return {
        "Name": "facts",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "year", "Type": "int"}],
        "Parameters": {"classification": "parquet", "snapshot": location},
        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": lake.url(location)},
        **fields,
    }


def test_a_catalog_crawl_moves_the_partitions_to_the_published_location(lake):
    for snapshot, years in (("a", (2023, 2024)), ("b", (2023, 2024, 2025))):
        for year in years:
            lake.put_rows(f"facts/snapshot={snapshot}/year={year}/p.parquet", [{"id": year, "amount": 1.5}])
    crawler = lake.create_catalog_crawler("facts")
    lake.glue.create_table(DatabaseName=lake.database, TableInput=published_table(lake, "facts/snapshot=a/"))
    lake.start(crawler)
    lake.glue.update_table(DatabaseName=lake.database, TableInput=published_table(lake, "facts/snapshot=b/"))

    last_crawl = lake.start(crawler)

    assert last_crawl["Status"] == "SUCCEEDED"
    assert lake.partitions("facts") == {
        (str(year),): lake.url(f"facts/snapshot=b/year={year}/") for year in (2023, 2024, 2025)
    }
    table = lake.table("facts")
    assert table["PartitionKeys"] == [{"Name": "year", "Type": "int"}]
    assert lake.columns("facts") == {"id": "bigint", "amount": "double"}
    assert (table["Parameters"]["snapshot"], table["Parameters"]["recordCount"]) == ("facts/snapshot=b/", "3")


def test_a_catalog_crawl_of_a_missing_table_fails_naming_it(lake):
    last_crawl = lake.start(lake.create_catalog_crawler("absent"))

    assert last_crawl["Status"] == "FAILED"
    assert f"{lake.database}.absent" in last_crawl["ErrorMessage"]


def test_a_broken_file_fails_the_crawl_naming_it(lake):
    lake.put("t/a.parquet", b"PAR1 and nothing else")

    last_crawl = lake.crawl("t/")

    assert last_crawl["Status"] == "FAILED"
    assert lake.url("t/a.parquet") in last_crawl["ErrorMessage"]
    assert lake.tables() == []


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"Targets": {"JdbcTargets": [{"Path": "db/%"}]}}, "JdbcTargets"),
        ({"Classifiers": ["own"]}, "classifiers"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, "CRAWL_NEW_FOLDERS_ONLY"),
        ({"Configuration": '{"Version": 1.0, "Grouping": {}}'}, "Grouping"),
        ({"Targets": {"CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}]}}, "DeleteBehavior"),
        ({"Targets": {}}, "target"),
    ],
)
def test_what_a_crawler_cannot_do_is_refused_by_name(lake, fields, word):
    with pytest.raises(ClientError) as error:
        lake.create_crawler("t/", **fields)

    assert error.value.response["Error"]["Code"] == "InvalidInputException"
    assert word in str(error.value)


def test_a_crawler_runs_once_at_a_time_and_can_be_stopped(lake):
    lines = b"\n".join(json.dumps({"id": i, "text": "x" * 100}).encode() for i in range(1000))
    for number in range(40):
        lake.put(f"t/{number}.json", lines)
    crawler = lake.create_crawler("t/", Schedule="cron(0 5 * * ? *)")

    lake.glue.start_crawler(Name=crawler)
    with pytest.raises(ClientError) as error:
        lake.glue.start_crawler(Name=crawler)
    lake.glue.stop_crawler(Name=crawler)

    assert error.value.response["Error"]["Code"] == "CrawlerRunningException"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while lake.crawler(crawler)["State"] != "READY":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert lake.crawler(crawler)["LastCrawl"]["Status"] == "CANCELLED"
    assert lake.crawler(crawler)["Schedule"]["ScheduleExpression"] == "cron(0 5 * * ? *)"
    assert lake.tables() == []
