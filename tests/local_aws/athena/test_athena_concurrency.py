"""Sixteen clients at once, with every kind of statement and request: each gets its own right answers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake

CLIENTS = 16


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    """A database with the tables `numbers` (0 to 99) and `shared`, which is empty and partitioned by `parity`."""
    lake = Lake.create(aws)
    lake.put_parquet("numbers/part.parquet", pa.table({"x": range(100)}))
    lake.execute(f"CREATE EXTERNAL TABLE numbers (x bigint) STORED AS PARQUET LOCATION '{lake.url('numbers/')}'")
    lake.execute(
        "CREATE EXTERNAL TABLE shared (x bigint) PARTITIONED BY (parity int) STORED AS PARQUET "
        f"LOCATION '{lake.url('shared/')}'"
    )
    return lake


def statements(lake: Lake, number: int) -> None:
    """A database of one's own from its creation to its end, and rows in the table of all."""
    name = f"{lake.database}_{number}"
    lake.execute(f"CREATE SCHEMA {name} WITH DBPROPERTIES ('client' = '{number}')")
    assert name in lake.lines("SHOW DATABASES")
    lake.execute(f"CREATE TABLE {name}.own AS SELECT x, x % 2 AS parity FROM numbers WHERE x < {number}")
    lake.execute(f"INSERT INTO {name}.own VALUES (1000, 0)")
    lake.execute(f"INSERT INTO shared SELECT x, CAST(parity AS integer) FROM {name}.own")
    lake.execute(f"CREATE VIEW {name}.largest AS SELECT max(x) AS x FROM {name}.own")
    assert lake.rows(f"SELECT count(*), (SELECT x FROM {name}.largest) FROM {name}.own") == [[str(number + 1), "1000"]]
    lake.execute(f"ALTER TABLE {name}.own ADD COLUMNS (note string)")
    columns = lake.rows(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_schema = '{name}' AND table_name = 'own' ORDER BY ordinal_position"
    )
    assert columns == [["x"], ["parity"], ["note"]]
    assert lake.lines(f"SHOW TABLES IN {name}") == ["largest", "own"]
    lake.execute(f"PREPARE above_{number} FROM SELECT count(*) FROM numbers WHERE x > ?")
    assert lake.rows(f"EXECUTE above_{number} USING {number}") == [[str(99 - number)]]
    lake.execute(f"DEALLOCATE PREPARE above_{number}")
    assert lake.failure(f"SELECT nosuch FROM {name}.own").startswith("COLUMN_NOT_FOUND: ")
    lake.execute(f"DROP DATABASE {name} CASCADE")
    assert name not in lake.lines("SHOW DATABASES")


def requests(lake: Lake, number: int) -> None:
    """What clients ask and keep beside their queries."""
    athena, catalog = lake.athena, "AwsDataCatalog"
    workgroup = f"{lake.database}-{number}"
    athena.create_work_group(Name=workgroup)
    query = athena.create_named_query(Name="q", Database=lake.database, QueryString="SELECT 1", WorkGroup=workgroup)
    assert athena.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"] == [query["NamedQueryId"]]
    athena.list_query_executions()
    athena.list_work_groups()
    assert athena.get_work_group(WorkGroup=workgroup)["WorkGroup"]["State"] == "ENABLED"
    athena.list_databases(CatalogName=catalog)
    athena.list_table_metadata(CatalogName=catalog, DatabaseName=lake.database)
    lake.glue.get_databases()
    lake.glue.get_tables(DatabaseName=lake.database)
    lake.put(f"client-{number}", b"here")
    assert f"client-{number}" in lake.keys("client-")
    query_id = lake.start("SELECT sum(x) FROM numbers", WorkGroup=workgroup)
    assert lake.wait(query_id)["Status"]["State"] == "SUCCEEDED"
    assert lake.results(query_id) == [["_col0"], ["4950"]]
    athena.delete_named_query(NamedQueryId=query["NamedQueryId"])
    athena.delete_work_group(WorkGroup=workgroup, RecursiveDeleteOption=True)


def test_sixteen_clients_get_their_own_answers_to_every_kind_of_statement(
    lake: Lake, aws: Callable[..., BaseClient]
) -> None:
    begin = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        own = Lake(aws("athena"), aws("glue"), aws("s3"), lake.bucket, lake.database)
        begin.wait()
        for work in (statements, requests) if number % 2 else (requests, statements):
            work(own, number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        for finished in [pool.submit(client, number) for number in range(CLIENTS)]:
            finished.result()
    # Client n has brought the numbers below n, and 1000.
    expected = sum(range(CLIENTS)) + CLIENTS
    assert lake.rows("SELECT count(*), count(DISTINCT parity) FROM shared") == [[str(expected), "2"]]
    assert [name for name in lake.lines("SHOW DATABASES") if name.startswith(f"{lake.database}_")] == []


def test_lists_are_of_one_moment_while_databases_and_tables_come_and_go(lake: Lake) -> None:
    """Each has a hundred others before it in the list, so that it may go while they are described."""
    others = [f"{lake.database}_other{number}" for number in range(100)]
    passing, end = f"{lake.database}_passing", threading.Event()
    for name in others:
        lake.glue.create_database(DatabaseInput={"Name": name})
        lake.glue.create_table(DatabaseName=lake.database, TableInput=_table(name))

    def come_and_go() -> None:
        while not end.is_set():
            lake.glue.create_database(DatabaseInput={"Name": passing})
            lake.glue.create_table(DatabaseName=lake.database, TableInput=_table(passing))
            lake.glue.delete_table(DatabaseName=lake.database, Name=passing)
            lake.glue.delete_database(Name=passing)

    with ThreadPoolExecutor(1) as pool:
        changes = pool.submit(come_and_go)
        try:
            for _ in range(20):
                databases = lake.athena.get_paginator("list_databases").paginate(CatalogName="AwsDataCatalog")
                assert {"default", *others} <= {one["Name"] for page in databases for one in page["DatabaseList"]}
                tables = lake.athena.get_paginator("list_table_metadata").paginate(
                    CatalogName="AwsDataCatalog", DatabaseName=lake.database
                )
                assert {*others} <= {one["Name"] for page in tables for one in page["TableMetadataList"]}
        finally:
            end.set()
        changes.result()
    for name in others:
        lake.glue.delete_table(DatabaseName=lake.database, Name=name)
        lake.glue.delete_database(Name=name)


def _table(name: str) -> dict[str, Any]:
    return {"Name": name, "StorageDescriptor": {"Columns": [{"Name": "x", "Type": "int"}]}}
