"""Nothing that a query says reaches the host: hostile statements, keys and tables, and the engine itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient

from local_aws.athena.queries.engine import QueryEngine
from local_aws.settings import endpoint_settings
from tests.conftest import Endpoint
from tests.local_aws.athena.athena_lake import Lake

SECRET = "the host's own"
# Of the query that the engine is opened for, in the data directory.
OUTPUT_FOLDER = Path("work", "athena", "query")


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    lake = Lake.create(aws)
    lake.put_parquet("prices/a.parquet", pa.table({"symbol": ["A", "B"]}))
    lake.execute(f"CREATE EXTERNAL TABLE prices (symbol string) STORED AS PARQUET LOCATION '{lake.url('prices/')}'")
    return lake


@pytest.fixture(scope="module")
def buckets(aws_endpoint: Endpoint) -> Path:
    return aws_endpoint.data_directory / "s3"


@pytest.fixture(scope="module")
def secret(aws_endpoint: Endpoint) -> Path:
    """A file of the host, beside the buckets."""
    path = aws_endpoint.data_directory / "secret.csv"
    path.write_text(SECRET)
    return path


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{path}')",
        "read_csv_auto('{path}') AS t",
        "READ_TEXT('{path}')",
        "read_blob('{path}')",
        "read_parquet('{path}') TABLESAMPLE BERNOULLI (50)",
        "read_json('{path}')",
        "main.read_csv('{path}')",
        "glob('{path}')",
        "query('FROM read_text(''{path}'')')",
        "query_table('prices')",
        "TABLE(read_csv('{path}'))",
        "prices, read_csv('{path}')",
        "prices CROSS JOIN LATERAL read_csv('{path}')",
        "prices WHERE symbol = (SELECT max(column0) FROM read_csv('{path}'))",
        "prices WHERE symbol IN (TABLE read_csv('{path}'))",
        "(SELECT * FROM prices UNION ALL FROM read_csv('{path}'))",
        "duckdb_settings()",
        "duckdb_secrets()",
        "pragma_database_size()",
        "enable_logging(storage = 'file', storage_path = '{path}')",
        "json_execute_serialized_sql('x')",
        "arrow_scan(1, 2, 3)",
    ],
)
def test_a_function_is_no_table(lake: Lake, secret: Path, source: str) -> None:
    reason = lake.failure(f"SELECT * FROM {source.format(path=secret)}")
    assert reason.startswith(("FUNCTION_NOT_FOUND: ", "SYNTAX_ERROR: "))
    assert SECRET not in reason


@pytest.mark.parametrize(
    "source", ["'{path}'", '"{path}"', '"{path}".x', "duckdb_settings", "sqlite_master", "pg_catalog.pg_settings"]
)
def test_a_path_or_a_table_of_the_engine_is_no_table(lake: Lake, secret: Path, source: str) -> None:
    reason = lake.failure(f"SELECT * FROM {source.format(path=secret)}")
    assert reason.split(":")[0] in {"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"}


@pytest.mark.parametrize(
    "expression",
    [
        "current_setting('temp_directory')",
        "system.main.current_setting('allowed_directories')",
        "current_query()",
        "getenv('HOME')",
        "read_text('{path}')",
        "pg_read_file('{path}')",
    ],
)
def test_a_function_about_the_engine_or_the_host_is_unknown(lake: Lake, secret: Path, expression: str) -> None:
    reason = lake.failure(f"SELECT {expression.format(path=secret)}")
    assert reason.startswith(("FUNCTION_NOT_FOUND: ", "SYNTAX_ERROR: "))


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '{path}'",
        "ATTACH '{path}' AS other",
        "INSTALL httpfs",
        "LOAD '{path}'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "EXPORT DATABASE '{path}'",
        "CALL enable_logging()",
        "CREATE SECRET s (TYPE s3)",
        "CREATE MACRO f() AS 1",
        "SELECT 1; COPY (SELECT 1) TO '{path}'",
        "EXPLAIN COPY (SELECT 1) TO '{path}'",
        "EXPLAIN ANALYZE SELECT * FROM read_csv('{path}')",
        "CREATE VIEW stolen AS SELECT * FROM read_csv('{path}')",
        "CREATE TABLE stolen AS SELECT * FROM read_csv('{path}')",
        "INSERT INTO prices SELECT * FROM read_csv('{path}')",
        "UNLOAD (SELECT * FROM read_csv('{path}')) TO '{bucket}unloaded/' WITH (format = 'PARQUET')",
        "PREPARE stolen FROM SELECT * FROM read_csv('{path}')",
    ],
)
def test_a_statement_of_the_engine_alone_is_refused(lake: Lake, secret: Path, statement: str) -> None:
    sql = statement.format(path=secret, bucket=lake.url(""))
    if sql.startswith("PREPARE"):
        lake.execute(sql)
        sql = "EXECUTE stolen"
    lake.failure(sql)
    assert secret.read_text() == SECRET


@pytest.mark.parametrize("up", ["../../", "../../../../../../../../", "x/../../../", "/"])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE EXTERNAL TABLE outside (line string) LOCATION '{place}'",
        "CREATE TABLE outside WITH (external_location = '{place}written/') AS SELECT 1 AS one",
        "UNLOAD (SELECT 1 AS one) TO '{place}written/' WITH (format = 'PARQUET')",
    ],
)
def test_a_location_stays_in_its_bucket(lake: Lake, buckets: Path, statement: str, up: str) -> None:
    before = sorted(buckets.parent.rglob("written*"))
    execution = lake.wait(lake.start(statement.format(place=lake.url(up))))
    if execution["Status"]["State"] == "SUCCEEDED":
        reason = lake.failure("SELECT * FROM outside")
        lake.execute("DROP TABLE outside")
    else:
        reason = execution["Status"]["StateChangeReason"]
    assert "points outside its bucket" in reason
    assert sorted(buckets.parent.rglob("written*")) == before


@pytest.mark.parametrize("bucket", ["", ".", ".."])
def test_a_bucket_is_no_folder_of_the_host(lake: Lake, bucket: str) -> None:
    lake.execute(f"CREATE EXTERNAL TABLE nowhere (line string) LOCATION 's3://{bucket}/{lake.bucket}/prices/'")
    assert "points outside its bucket" in lake.failure("SELECT * FROM nowhere")
    lake.execute("DROP TABLE nowhere")


def test_a_value_of_a_partition_leads_to_no_other_folder(lake: Lake) -> None:
    lake.put("folders/own/name=a/x.csv", "own\n")
    lake.put("folders/other/name=b/x.csv", "other\n")
    lake.execute(
        "CREATE EXTERNAL TABLE folders (line string) PARTITIONED BY (name string) "
        f"ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION '{lake.url('folders/own/')}' "
        "TBLPROPERTIES ('projection.enabled' = 'true', 'projection.name.type' = 'injected', "
        f"'storage.location.template' = '{lake.url('folders/own/name=${name}/')}')"
    )
    assert lake.rows("SELECT line FROM folders WHERE name = 'a'") == [["own"]]
    assert "points outside" in lake.failure("SELECT line FROM folders WHERE name = '/../../other/name=b'")
    assert "points outside" in lake.failure("INSERT INTO folders SELECT 'forged', '/../../other/name=b'")
    assert lake.keys("folders/other/") == ["folders/other/name=b/x.csv"]


def test_symbolic_links_are_no_objects(lake: Lake, buckets: Path, secret: Path) -> None:
    lake.put("linked/real.csv", "in the bucket\n")
    folder = buckets / lake.bucket / "linked"
    (folder / "file.csv").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    definition = "CREATE EXTERNAL TABLE {} (line string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' LOCATION '{}'"
    lake.execute(definition.format("linked", lake.url("linked/")))
    lake.execute(definition.format("elsewhere", lake.url("linked/folder/")))

    (folder / "name=a").symlink_to(secret.parent)
    lake.execute(definition.format("parts", lake.url("linked/")).replace(" ROW", " PARTITIONED BY (name string) ROW"))

    assert lake.lines("MSCK REPAIR TABLE parts") == []
    assert lake.rows("SELECT line FROM linked") == [["in the bucket"]]
    assert "symbolic link" in lake.failure("SELECT line FROM elsewhere")
    assert lake.keys("linked/") == ["linked/real.csv"]


@pytest.mark.parametrize("name", ["*.parquet", "?.parquet", "[ab].parquet", "**", "{a,b}.parquet"])
def test_a_key_with_the_signs_of_a_pattern_is_that_key_alone(lake: Lake, name: str) -> None:
    table = f"patterns_{name.encode().hex()}"
    lake.put_parquet(f"{table}/{name}", pa.table({"value": ["own"]}))
    lake.put_parquet(f"{table}/a.parquet", pa.table({"value": ["other"]}))
    lake.execute(f"CREATE EXTERNAL TABLE {table} (value string) STORED AS PARQUET LOCATION '{lake.url(f'{table}/')}'")
    assert lake.rows(f'SELECT value, "$path" FROM {table} ORDER BY 1') == [
        ["other", lake.url(f"{table}/a.parquet")],
        ["own", lake.url(f"{table}/{name}")],
    ]


@pytest.mark.parametrize(
    "column",
    [
        {"Name": "line", "Type": "int) FROM read_text('{path}') --"},
        {"Name": "x\" FROM read_text('{path}') --", "Type": "string"},
        {"Name": "line", "Type": "struct<a:string,b:int> AS x FROM read_text('{path}')"},
    ],
)
def test_a_column_of_the_catalog_is_no_sql(lake: Lake, secret: Path, column: dict[str, str]) -> None:
    serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    storage = {
        "Columns": [{name: value.format(path=secret) for name, value in column.items()}],
        "Location": lake.url("prices/"),
        "SerdeInfo": {"SerializationLibrary": serde},
    }
    lake.glue.create_table(DatabaseName=lake.database, TableInput={"Name": "forged", "StorageDescriptor": storage})
    execution = lake.wait(lake.start("SELECT * FROM forged"))
    if execution["Status"]["State"] == "SUCCEEDED":
        assert lake.results(execution["QueryExecutionId"])[1:] == [[None], [None]]
    lake.glue.delete_table(DatabaseName=lake.database, Name="forged")


@pytest.fixture
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data directory of engines that run in this process."""
    monkeypatch.setenv("LAKEHOUSE_AWS_DATA_DIRECTORY", str(tmp_path))
    endpoint_settings.cache_clear()
    yield tmp_path
    endpoint_settings.cache_clear()


@pytest.fixture
def confined(own_directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The engine of a query that writes, opened for the folder `table` beside which there are others."""
    for folder in ("table", "other"):
        (own_directory / folder).mkdir()
        pq.write_table(pa.table({"value": [folder]}), own_directory / folder / "a.parquet")
    with QueryEngine("query") as engine:
        engine.output_folder.mkdir(parents=True)
        yield engine.open(frozenset({str(own_directory / "table")}), is_writing=True)


def test_the_engine_reads_and_writes_the_folders_that_it_is_opened_for(
    confined: duckdb.DuckDBPyConnection, own_directory: Path
) -> None:
    assert confined.execute(f"FROM '{own_directory}/table/*.parquet'").fetchall() == [("table",)]
    written = own_directory / OUTPUT_FOLDER / "written.csv"
    confined.execute(f"COPY (SELECT 1) TO '{written}'")
    assert written.is_file()


@pytest.mark.parametrize(
    "statement",
    [
        "FROM '{path}/other/a.parquet'",
        "FROM read_parquet('{path}/*/a.parquet')",
        "FROM read_parquet('{path}/table/../other/a.parquet')",
        "FROM read_parquet('{path}/tableau/a.parquet')",
        "FROM read_text('/etc/hostname')",
        "FROM read_blob('/proc/self/environ')",
        "FROM glob('/*')",
        "FROM read_csv('http://127.0.0.1:1/x')",
        "FROM read_parquet('s3://bucket/key')",
        "FROM query('FROM read_text(''/etc/hostname'')')",
        "ATTACH '{path}/other/x.db'",
        "COPY (SELECT 1) TO '{path}/other/x.csv'",
        "COPY (SELECT 1) TO '{output}/../x.csv'",
        "COPY (SELECT 1) TO '{output}/../another/x.csv'",
        "EXPORT DATABASE '{path}/other/x'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{path}/other/x.duckdb_extension'",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "SET GLOBAL allowed_directories = ['/']",
        "SET lock_configuration = false",
        "SET temp_directory = '{path}/other'",
        "SET autoload_known_extensions = true",
        "SET python_enable_replacements = true",
        "PRAGMA enable_profiling",
        "CALL enable_logging(storage = 'file', storage_path = '{path}/other/log')",
        "CREATE PERSISTENT SECRET s (TYPE http)",
        "FROM variable_of_the_process",
    ],
)
def test_the_engine_itself_reaches_nothing_else(
    confined: duckdb.DuckDBPyConnection, own_directory: Path, statement: str
) -> None:
    variable_of_the_process = pa.table({"secret": [SECRET]})
    before = sorted(own_directory.rglob("*"))
    with pytest.raises(duckdb.Error):
        confined.execute(statement.format(path=own_directory, output=own_directory / OUTPUT_FOLDER)).fetchall()
    assert variable_of_the_process.num_rows == 1
    assert sorted(own_directory.rglob("*")) == before


def test_conditions_on_partitions_are_evaluated_without_any_file(own_directory: Path) -> None:
    with QueryEngine("query") as engine, pytest.raises(duckdb.PermissionException):
        engine.planner.execute("FROM read_text('/etc/hostname')")
