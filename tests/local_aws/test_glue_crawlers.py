"""The life of a crawler: policies on change, targets of the catalog, what it reports and refuses."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.crawled_lake import CrawledLake


@pytest.fixture
def lake(aws):
    return CrawledLake(aws)


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
    lake.glue.create_table(DatabaseName=lake.database, TableInput=published_table(lake, "facts/snapshot=a/"))
    crawler = lake.create_catalog_crawler("facts")
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


def test_a_crawler_of_a_missing_table_is_refused_naming_it(lake):
    with pytest.raises(ClientError, match=rf"{lake.database}\.absent of a catalog target does not exist") as refused:
        lake.create_catalog_crawler("absent")
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


def test_a_catalog_crawl_of_a_table_that_is_gone_fails_naming_it(lake):
    table = {"Name": "gone", "StorageDescriptor": {"Columns": [], "Location": lake.url("gone/")}}
    lake.glue.create_table(DatabaseName=lake.database, TableInput=table)
    crawler = lake.create_catalog_crawler("gone")
    lake.glue.delete_table(DatabaseName=lake.database, Name="gone")
    last_crawl = lake.start(crawler)

    assert last_crawl["Status"] == "FAILED"
    assert f"{lake.database}.gone" in last_crawl["ErrorMessage"]


def test_a_crawler_takes_a_path_without_a_scheme_and_makes_the_database_that_is_not_there(lake):
    lake.put_rows("t/part.parquet", [{"id": 1}])
    database = f"made_by_{lake.database}"
    targets = {"S3Targets": [{"Path": f"{lake.bucket}/t"}]}

    crawler = lake.create_crawler(Targets=targets, DatabaseName=database)

    assert lake.start(crawler)["Status"] == "SUCCEEDED"
    assert lake.crawler(crawler)["Targets"] == targets
    (table,) = lake.glue.get_tables(DatabaseName=database)["TableList"]
    assert (table["Name"], table["StorageDescriptor"]["Location"]) == ("t", lake.url("t/"))


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
        ({"Targets": {"IcebergTargets": [{"Paths": ["s3://lake/"], "ConnectionName": "vpc"}]}}, "ConnectionName"),
        ({"Targets": {"IcebergTargets": [{"Paths": ["s3://a/"], "MaximumTraversalDepth": 21}]}}, "from 1 to 20"),
        ({"Targets": {"IcebergTargets": [{"Paths": ["/lake/"]}]}}, "not an S3 URL"),
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
    assert lake.ended(crawler)["Status"] == "CANCELLED"
    assert lake.crawler(crawler)["Schedule"]["ScheduleExpression"] == "cron(0 5 * * ? *)"
    assert lake.tables() == []
