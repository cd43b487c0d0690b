"""awswrangler's everyday calls: datasets in S3 with their tables, queries by every way it has, and other services."""

import io
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import awswrangler as wr
import pandas as pd
import pytest
from botocore.client import BaseClient

from tests.local_aws.athena.athena_lake import Lake

pytestmark = pytest.mark.usefixtures("client_environment")
PRICES = pd.DataFrame(
    {
        "symbol": pd.array(["AAA", None, "CCC"], dtype="string"),
        "volume": pd.array([1, None, 3], dtype="Int64"),
        "price": [Decimal("1.50"), None, Decimal("3.25")],
        "day": [date(2025, 1, 1), None, date(2025, 1, 3)],
        "at": pd.to_datetime(["2025-01-01 10:00:00.5", None, "2025-01-03 00:00:00.0"]),
        "is_open": pd.array([True, None, False], dtype="boolean"),
        "year": [2024, 2024, 2025],
        "market": ["X", "Y", "Y"],
    }
)


def plain(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    rows = (tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False))
    return sorted(rows, key=repr)


@pytest.fixture
def write(lake: Lake) -> Callable[..., Any]:
    def write(frame: pd.DataFrame, table: str, **options: Any) -> Any:
        options = {"partition_cols": ["year", "market"], **options}
        return wr.s3.to_parquet(
            frame, lake.url(f"{table}/"), dataset=True, database=lake.database, table=table, **options
        )

    return write


@pytest.fixture
def query(lake: Lake) -> Callable[..., pd.DataFrame]:
    def query(sql: str, results: str = "results/", **options: Any) -> pd.DataFrame:
        return wr.athena.read_sql_query(sql, lake.database, s3_output=lake.url(results), **options)

    return query


def test_a_dataset_is_appended_to_overwritten_and_overwritten_by_partition(lake: Lake, write, query):
    def table() -> list[tuple[Any, ...]]:
        return plain(wr.s3.read_parquet_table(database=lake.database, table="prices").astype({"year": int}))

    def described() -> pd.DataFrame:
        return wr.catalog.table(database=lake.database, table="prices").set_index("Column Name")

    settings = {"description": "Prices", "columns_comments": {"symbol": "as traded"}}
    write(PRICES, "prices", mode="overwrite", glue_table_settings=settings)
    assert described().loc["symbol", "Comment"] == "as traded"
    assert lake.glue.get_table(DatabaseName=lake.database, Name="prices")["Table"]["Description"] == "Prices"
    write(PRICES, "prices", mode="append")
    assert table() == plain(pd.concat([PRICES, PRICES]))
    write(PRICES[PRICES.year == 2025], "prices", mode="overwrite_partitions")
    assert table() == plain(pd.concat([PRICES, PRICES[PRICES.year == 2024]]))
    write(PRICES.assign(note="new"), "prices", mode="append")
    assert plain(query("SELECT count(*), count(note) FROM prices", ctas_approach=False)) == [(8, 3)]
    write(PRICES, "prices", mode="overwrite")

    assert table() == plain(PRICES)
    assert described().loc["price"].tolist() == ["decimal(3,2)", False, ""]
    assert described().loc["year"].tolist() == ["bigint", True, ""]
    partition = wr.s3.read_parquet(
        lake.url("prices/"), dataset=True, partition_filter=lambda keys: keys["year"] == "2025"
    )
    assert len(partition) == 1


@pytest.mark.parametrize(
    "approach",
    [
        {"ctas_approach": False},
        {"ctas_approach": True},
        {"ctas_approach": False, "unload_approach": True},
        {"ctas_approach": True, "ctas_parameters": {"bucketing_info": (["symbol"], 2)}},
    ],
    ids=["csv", "ctas", "unload", "bucketed"],
)
def test_every_way_to_read_a_query_gives_the_same_frame(approach, write, query, request):
    write(PRICES, "read", mode="overwrite")
    folder = f"{request.node.callspec.id}/"

    frame = query("SELECT * FROM read WHERE year = :year OR market = 'X'", folder, params={"year": 2024}, **approach)

    assert plain(frame) == plain(PRICES[PRICES.year == 2024])
    assert list(frame.columns) == list(PRICES.columns)
    assert {name: str(kind) for name, kind in frame.dtypes.items() if name in {"symbol", "volume", "is_open"}} == {
        "symbol": "string",
        "volume": "Int64",
        "is_open": "boolean",
    }


def test_a_query_is_read_in_chunks_with_parameters_and_from_the_cache(lake: Lake, write, query):
    write(PRICES, "chunked", mode="overwrite")
    chunks = list(query("SELECT * FROM chunked", ctas_approach=False, chunksize=2))
    assert ([len(chunk) for chunk in chunks], plain(pd.concat(chunks))) == ([2, 1], plain(PRICES))
    counted = "SELECT count(*) AS n FROM chunked"
    first = query(counted, ctas_approach=False)
    again = query(counted, ctas_approach=False, athena_cache_settings={"max_cache_seconds": 60})
    assert again.query_metadata["QueryExecutionId"] == first.query_metadata["QueryExecutionId"]
    assert first["n"].tolist() == again["n"].tolist() == [3]
    counted = f"{counted} WHERE market = ?"
    marks = {"params": ["'Y'"], "paramstyle": "qmark", "ctas_approach": False}
    assert query(counted, **marks)["n"].tolist() == [2]
    statement = {"statement_name": "of_market", "workgroup": "primary"}
    wr.athena.create_prepared_statement(counted, **statement)
    wr.athena.create_prepared_statement(counted.replace("market", "symbol"), mode="update", **statement)
    assert query("EXECUTE \"of_market\" USING 'AAA'", ctas_approach=False)["n"].tolist() == [1]
    assert "of_market" in [known["StatementName"] for known in wr.athena.list_prepared_statements()]
    wr.athena.delete_prepared_statement(**statement)
    assert "of_market" not in [known["StatementName"] for known in wr.athena.list_prepared_statements()]
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND"):
        query("SELECT nosuch FROM chunked", ctas_approach=False)


def test_tables_are_made_repaired_projected_and_described(lake: Lake, write, query):
    place = {"database": lake.database, "s3_output": lake.url("made/")}
    write(PRICES, "source", mode="overwrite")
    wr.athena.create_ctas_table(
        "SELECT * FROM source", ctas_table="copied", partitioning_info=["year", "market"], wait=True, **place
    )
    assert plain(query("SELECT * FROM copied", ctas_approach=False)) == plain(PRICES)
    copied = wr.catalog.get_parquet_partitions(lake.database, "copied")
    assert sorted(copied.values()) == [["2024", "X"], ["2024", "Y"], ["2025", "Y"]]
    wr.catalog.create_parquet_table(
        lake.database,
        "repaired",
        lake.url("source/"),
        {"volume": "bigint"},
        partitions_types={"year": "bigint", "market": "string"},
    )
    wr.athena.repair_table("repaired", **place)
    assert len(wr.catalog.get_parquet_partitions(lake.database, "repaired")) == 3
    wr.catalog.delete_partitions("repaired", lake.database, [["2024", "X"]])
    assert query("SELECT sum(volume) AS n FROM repaired", ctas_approach=False)["n"].tolist() == [3]
    projection = {"projection_types": {"year": "integer"}, "projection_ranges": {"year": "2020,2030"}}
    write(
        PRICES[["volume", "year"]],
        "projected",
        partition_cols=["year"],
        athena_partition_projection_settings=projection,
    )
    wr.catalog.delete_all_partitions("projected", lake.database)
    assert query("SELECT volume FROM projected WHERE year = 2025", ctas_approach=False)["volume"].tolist() == [3]
    shown = wr.athena.describe_table("source", **place)
    assert shown.to_dict() == wr.catalog.table(database=lake.database, table="source").to_dict()
    statement = wr.athena.show_create_table("source", **place)
    assert statement.startswith("CREATE EXTERNAL TABLE `source`( `symbol` string, `volume` bigint,")
    assert "STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'" in statement


def test_the_catalog_is_asked_and_changed(lake: Lake, write):
    write(PRICES, "cataloged", mode="overwrite", glue_table_settings={"parameters": {"owner": "finance"}})
    place = {"database": lake.database, "table": "cataloged"}

    wr.catalog.upsert_table_parameters({"reviewed": "yes"}, **place)
    wr.catalog.add_column(column_name="note", column_type="string", column_comment="ours", **place)
    parameters = wr.catalog.get_table_parameters(**place)
    assert (parameters["owner"], parameters["reviewed"]) == ("finance", "yes")
    assert wr.catalog.get_table_types(**place)["note"] == "string"
    assert wr.catalog.get_table_location(**place) == lake.url("cataloged/")
    assert wr.catalog.get_table_number_of_versions(**place) > 1
    assert wr.catalog.get_partitions(**place, expression="year > 2024") == {
        lake.url("cataloged/year=2025/market=Y/"): ["2025", "Y"]
    }
    assert [table["Name"] for table in wr.catalog.search_tables(text="cataloged")] == ["cataloged"]
    assert lake.database in wr.catalog.databases(limit=1000)["Database"].tolist()
    assert wr.catalog.delete_table_if_exists(**place)
    assert not wr.catalog.does_table_exist(**place)


def test_objects_are_written_listed_copied_merged_and_deleted(lake: Lake):
    folder, other = lake.url("objects/"), lake.url("copies/")
    wr.s3.upload(io.BytesIO(b"x" * 100), f"{folder}a.bin")
    wr.s3.to_csv(pd.DataFrame({"n": [1, 2]}), f"{folder}b ü.csv", index=False)
    assert wr.s3.list_objects(folder) == [f"{folder}a.bin", f"{folder}b ü.csv"]
    assert wr.s3.list_objects(f"{folder}*.csv") == [f"{folder}b ü.csv"]
    assert wr.s3.size_objects(f"{folder}a.bin") == {f"{folder}a.bin": 100}
    wr.s3.copy_objects(wr.s3.list_objects(folder), folder, other, replace_filenames={"a.bin": "c.bin"})
    wr.s3.wait_objects_exist([f"{other}c.bin"], delay=0.1, max_attempts=3)
    wr.s3.merge_datasets(other, folder, mode="append")
    assert wr.s3.list_objects(folder) == [f"{folder}{name}" for name in ("a.bin", "b ü.csv", "c.bin")]
    assert wr.s3.read_csv(f"{folder}b ü.csv")["n"].tolist() == [1, 2]
    target = io.BytesIO()
    wr.s3.download(f"{folder}c.bin", target)
    assert target.getvalue() == b"x" * 100
    wr.s3.delete_objects(f"{folder}[ac]*")
    wr.s3.wait_objects_not_exist([f"{folder}a.bin"], delay=0.1, max_attempts=3)
    assert wr.s3.list_objects(folder) == [f"{folder}b ü.csv"]
    assert wr.s3.does_object_exist(f"{other}c.bin")
    assert folder in wr.s3.list_directories(lake.url(""))


def test_other_services_answer_it(aws: Callable[..., BaseClient]):
    aws("dynamodb").create_table(
        TableName="wrangled",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    wr.dynamodb.put_df(pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"]}), "wrangled")
    wr.dynamodb.delete_items([{"id": 2}], "wrangled")
    read = wr.dynamodb.read_items("wrangled", allow_full_scan=True)
    assert sorted(read["name"]) == ["a", "c"]
    assert wr.dynamodb.read_items("wrangled", partition_values=[3])["name"].tolist() == ["c"]

    aws("secretsmanager").create_secret(Name="wrangled", SecretString='{"user": "me"}')
    assert wr.secretsmanager.get_secret_json("wrangled") == {"user": "me"}
    assert wr.sts.get_account_id() == "123456789012"

    logs = aws("logs")
    logs.create_log_group(logGroupName="/wrangled")
    logs.create_log_stream(logGroupName="/wrangled", logStreamName="s")
    logs.put_log_events(
        logGroupName="/wrangled",
        logStreamName="s",
        logEvents=[{"timestamp": time.time_ns() // 1_000_000, "message": "hello"}],
    )
    assert wr.cloudwatch.filter_log_events("/wrangled")["message"].tolist() == ["hello"]


def test_redshift_is_queried_by_the_data_api(aws: Callable[..., BaseClient]):
    serverless = aws("redshift-serverless")
    serverless.create_namespace(namespaceName="wrangled", dbName="wrangled")
    serverless.create_workgroup(workgroupName="wrangled", namespaceName="wrangled")
    connection = wr.data_api.redshift.connect(workgroup_name="wrangled", database="wrangled")

    def run(sql: str) -> pd.DataFrame:
        return wr.data_api.redshift.read_sql_query(sql, con=connection)

    run("CREATE TABLE prices (id INTEGER, price DECIMAL(18,2), symbol VARCHAR(10), is_open BOOLEAN)")
    run("INSERT INTO prices VALUES (1, 1.5, 'AAA', TRUE), (2, NULL, NULL, FALSE)")
    assert plain(run("SELECT * FROM prices ORDER BY id")) == [(1, "1.50", "AAA", True), (2, None, None, False)]
