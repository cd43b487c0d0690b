"""Crawlers over Iceberg tables that another catalog keeps, and over those of the Glue catalog itself."""

import json
from uuid import uuid4

import pyarrow as pa
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.catalog.memory import InMemoryCatalog

from tests.local_aws.crawled_lake import CrawledLake

ROWS = pa.table({"id": [1, 2], "name": ["a", "b"]})
KEYS = {"access-key-id": "local", "secret-access-key": "local", "region": "us-east-1"}


@pytest.fixture
def lake(aws):
    return CrawledLake(aws)


@pytest.fixture
def s3_properties(aws_endpoint):
    keys = {f"s3.{name}": value for name, value in KEYS.items()}
    return {"s3.endpoint": aws_endpoint.url, "s3.force-virtual-addressing": "false", **keys}


@pytest.fixture
def elsewhere(lake, s3_properties):
    """A catalog that is not Glue; its database `db` writes to lake/."""
    catalog = InMemoryCatalog("elsewhere", warehouse=lake.url("lake"), **s3_properties)
    catalog.create_namespace("db", {"location": lake.url("lake")})
    return catalog


@pytest.fixture
def glue_catalog(aws_endpoint, s3_properties):
    keys = {f"glue.{name}": value for name, value in KEYS.items()}
    return GlueCatalog("glue", **{"glue.endpoint": aws_endpoint.url}, **keys, **s3_properties)


def iceberg_crawler(lake, path="lake", **target):
    targets = {"IcebergTargets": [{"Paths": [lake.url(path)], "MaximumTraversalDepth": 5, **target}]}
    return lake.create_crawler(Targets=targets)


def rows_of(glue_catalog, lake, name):
    return glue_catalog.load_table((lake.database, name)).scan().to_arrow().to_pylist()


def test_tables_are_registered_and_follow_the_writes_of_their_own_catalog(lake, elsewhere, glue_catalog):
    table = elsewhere.create_table("db.prices", ROWS.schema)
    table.append(ROWS)
    crawler = iceberg_crawler(lake)

    lake.start(crawler)
    registered = lake.table("prices")
    table.delete("id = 1")
    last_crawl = lake.start(crawler)

    assert registered["Parameters"]["table_type"] == "ICEBERG"
    assert lake.columns("prices") == {"id": "bigint", "name": "string"}
    assert registered["StorageDescriptor"]["Location"] == lake.url("lake/prices")
    assert last_crawl["Status"] == "SUCCEEDED"
    assert lake.table("prices")["Parameters"]["metadata_location"] == table.metadata_location
    assert rows_of(glue_catalog, lake, "prices") == [{"id": 2, "name": "b"}]
    changes = [json.loads(crawl["Summary"]) for crawl in lake.glue.list_crawls(CrawlerName=crawler)["Crawls"]]
    assert ["UPDATE" in changes[0]["TABLE"], "ADD" in changes[1]["TABLE"]] == [True, True]


def test_a_table_that_another_writer_keeps_in_the_catalog_is_left_alone(lake, glue_catalog):
    name = f"kept_{uuid4().hex[:8]}"
    table = glue_catalog.create_table((lake.database, name), ROWS.schema, lake.url(f"lake/{name}"))
    table.append(ROWS)
    before = lake.table(name)
    failed = before["Parameters"]["metadata_location"].replace("/00001-", "/00009-")
    lake.put(failed.partition(f"{lake.bucket}/")[2], b"{}")

    last_crawl = lake.crawl(Targets={"IcebergTargets": [{"Paths": [lake.url("lake")]}]})

    assert last_crawl["Status"] == "SUCCEEDED"
    assert lake.table(name) == before
    assert lake.tables() == [name]


def test_metadata_that_does_not_follow_the_registered_one_is_not_taken(lake, elsewhere):
    table = elsewhere.create_table("db.prices", ROWS.schema)
    crawler = iceberg_crawler(lake)
    lake.start(crawler)
    registered = lake.table("prices")["Parameters"]["metadata_location"]
    elsewhere.create_table("db.other", ROWS.schema)
    stray = elsewhere.load_table("db.other").metadata_location
    content = lake.s3.get_object(Bucket=lake.bucket, Key=stray.partition(f"{lake.bucket}/")[2])["Body"].read()
    lake.put(f"lake/prices/metadata/00007-{uuid4()}.metadata.json", content)

    lake.start(crawler)

    assert lake.table("prices")["Parameters"]["metadata_location"] == registered == table.metadata_location


def test_depth_and_exclusions_limit_what_is_found(lake, elsewhere):
    for name, folder in (("near", "near"), ("far", "a/b/far"), ("left_out", "tmp/left_out")):
        elsewhere.create_table(f"db.{name}", ROWS.schema, lake.url(f"lake/{folder}"))

    lake.start(iceberg_crawler(lake, MaximumTraversalDepth=2))
    shallow = lake.tables()
    lake.start(iceberg_crawler(lake, Exclusions=["tmp/**"]))

    assert shallow == ["near"]
    assert sorted(lake.tables()) == ["far", "near"]


def test_broken_metadata_fails_the_crawl_naming_it(lake):
    lake.put("lake/t/metadata/00000-broken.metadata.json", b"{}")

    last_crawl = lake.start(iceberg_crawler(lake))

    assert last_crawl["Status"] == "FAILED"
    assert lake.url("lake/t/metadata/00000-broken.metadata.json") in last_crawl["ErrorMessage"]
