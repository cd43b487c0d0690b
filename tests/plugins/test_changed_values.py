"""ChangedValuesOperator against a real PostgreSQL, and beside it what the endpoint's DMS makes of the same rows."""

import json
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import psycopg2
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.dms.changed_values import ChangedValuesHook, SourceDatabaseError
from lakehouse_aws.dms.find_changed_values import ChangedValuesOperator
from lakehouse_aws.dms.operator import DmsFullLoadOperator
from psycopg2.extensions import parse_dsn

QUERY = (Path(__file__).parents[2] / "sql/postgres/changed_by_dms.sql").read_text()
KEY = "raw/changed_by_dms/after.parquet"
LARGE_OBJECTS_OF_1_KB = {"TargetMetadata": {"SupportLobs": True, "LimitedSizeLobMode": True, "LobMaxSize": 1}}
PASSWORD = "not-for-a-log"


@pytest.fixture
def execute(postgres_dsn):
    """Runs a statement in a schema of the test's own, which `execute.schema` names."""
    connection = psycopg2.connect(postgres_dsn)
    connection.autocommit = True

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    run.schema = f"bank_{uuid4().hex[:12]}"
    run(f"CREATE SCHEMA {run.schema}; SET search_path = {run.schema}, public")
    yield run
    run(f"DROP SCHEMA {run.schema} CASCADE")
    connection.close()


@pytest.fixture
def create_load(aws, postgres_dsn, lake_bucket, execute):
    """`create_load(**secret)` makes a replication task of the schema whose source is known by a secret."""

    def create(**changes):
        identifier, dms, parsed = f"load-{uuid4().hex[:12]}", aws("dms"), parse_dsn(postgres_dsn)
        secret = {
            "engine": "postgres",
            "host": parsed["host"],
            "port": parsed["port"],
            "username": parsed["user"],
            "password": parsed["password"],
        }
        aws("secretsmanager").create_secret(Name=identifier, SecretString=json.dumps(secret | changes))
        source = dms.create_endpoint(
            EndpointIdentifier=f"{identifier}-source",
            EndpointType="source",
            EngineName="postgres",
            DatabaseName=parsed["dbname"],
            PostgreSQLSettings={"SecretsManagerSecretId": identifier},
        )
        target = dms.create_endpoint(
            EndpointIdentifier=f"{identifier}-target",
            EndpointType="target",
            EngineName="s3",
            S3Settings={"BucketName": lake_bucket, "BucketFolder": "raw/rds", "DataFormat": "parquet"},
        )
        instance = dms.create_replication_instance(
            ReplicationInstanceIdentifier=identifier, ReplicationInstanceClass="dms.t3.medium"
        )
        locator = {"schema-name": execute.schema, "table-name": "%"}
        rule = {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include"}
        dms.create_replication_task(
            ReplicationTaskIdentifier=identifier,
            ReplicationInstanceArn=instance["ReplicationInstance"]["ReplicationInstanceArn"],
            SourceEndpointArn=source["Endpoint"]["EndpointArn"],
            TargetEndpointArn=target["Endpoint"]["EndpointArn"],
            MigrationType="full-load",
            TableMappings=json.dumps({"rules": [rule | {"object-locator": locator}]}),
            ReplicationTaskSettings=json.dumps(LARGE_OBJECTS_OF_1_KB),
        )
        return identifier

    return create


@pytest.fixture
def parquet(s3, lake_bucket):
    return lambda key: pq.read_table(BytesIO(s3.get_object(Bucket=lake_bucket, Key=key)["Body"].read()))


@pytest.fixture
def find_changed(run, execute, lake_bucket, parquet):
    """`find_changed(full_load, *tables)` gives the counts that the task returns, and the rows that it wrote."""

    def find(full_load, *tables):
        operator = ChangedValuesOperator(
            task_id="find",
            full_load=full_load,
            tables={f"{execute.schema}.{table}": table for table in tables},
            query=QUERY,
            bucket=lake_bucket,
            key=KEY,
        )
        return run(operator), sorted(tuple(row.values()) for row in parquet(KEY).to_pylist())

    return find


COLUMNS = {
    "born": "date",
    "at": "timestamptz",
    "local_at": "timestamp",
    "amount": "numeric(10,2)",
    "unbounded": "numeric",
    "name": "text",
    "city": "varchar",
    "street": "varchar(20000)",
    "tags": "text[]",
    "document": "jsonb",
    "photo": "bytea",
    "opens": "time",
}
CARRIED = {
    "born": ["'0001-01-01'", "'9999-12-31'", "NULL"],
    "at": ["'0001-01-01 00:00:00Z'", "'9999-12-31 23:59:59.999999Z'"],
    "local_at": ["'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'"],
    "amount": ["-99999999.99", "0.01"],
    "unbounded": ["-9999999999999999999999.999999", "0.000001", "1.500000000"],
    "name": ["repeat('é', 512)", "repeat('🌍', 256)", "repeat('é', 510) || '🌍'", "''", "NULL"],
    "city": ["repeat('é', 4000)"],
    "street": ["repeat('é', 20000)"],
    "tags": ["ARRAY[repeat('x', 510)]"],
    "document": ["to_jsonb(repeat('x', 510))"],
    "photo": ["convert_to(repeat('x', 1024), 'UTF8')"],
    "opens": ["'23:59:59.999'"],
}
CHANGED = {
    "born": ["'infinity'", "'-infinity'", "'0001-12-31 BC'", "'10000-01-01'", "'5874897-12-31'", "'4714-11-24 BC'"],
    "at": ["'infinity'", "'-infinity'", "'10000-01-01 00:00:00Z'", "'294276-12-31 23:59:59.999999Z'"],
    "local_at": ["'infinity'", "'-infinity'", "'4714-11-24 00:00:00 BC'", "'294276-12-31 23:59:59.999999'"],
    "amount": ["'NaN'"],
    "unbounded": ["'NaN'", "'Infinity'", "'-Infinity'", "1e22", "0.0000001"],
    "name": ["repeat('é', 513)", "repeat('🌍', 257)", "repeat('é', 511) || '🌍'", "repeat('x', 1000000)"],
    "city": ["repeat('é', 4001)"],
    "tags": ["ARRAY[repeat('x', 511)]"],
    "document": ["to_jsonb(repeat('x', 511))"],
    "photo": ["convert_to(repeat('x', 1025), 'UTF8')"],
    "opens": ["'24:00'", "'23:59:59.9999'"],
}


@pytest.fixture
def create_table(execute):
    """`create_table(values)` makes the table `odd` with a row for each value of each column: `{id: column}`."""

    def create(values):
        columns = ", ".join(f'"{name}" {column_type}' for name, column_type in COLUMNS.items())
        execute(f"CREATE TABLE odd (id bigint PRIMARY KEY, {columns})")
        rows = [(column, literal) for column, literals in values.items() for literal in literals]
        for number, (column, literal) in enumerate(rows, start=1):
            execute(f'INSERT INTO odd (id, "{column}") VALUES ({number}, {literal})')
        return {number: column for number, (column, _) in enumerate(rows, start=1)}

    return create


def test_each_value_that_dms_does_not_carry_is_found_by_its_key_and_column(find_changed, create_load, create_table):
    columns = create_table(CHANGED)

    counts, rows = find_changed(create_load(), "odd")

    assert rows == sorted(("odd", str(number), column) for number, column in columns.items())
    assert counts == {f"odd.{column}": len(literals) for column, literals in CHANGED.items()}


def test_values_at_the_edge_of_what_dms_carries_are_not_found(find_changed, create_load, create_table):
    create_table(CARRIED)

    assert find_changed(create_load(), "odd") == ({}, [])


def test_whatever_the_load_changes_is_found(find_changed, run, execute, create_load, create_table, parquet):
    """Each row has one value, so one that DMS made NULL or shorter is one that its file does not have as it came."""
    columns = create_table({name: CARRIED[name] + CHANGED.get(name, []) for name in COLUMNS})
    identifier = create_load()
    run(DmsFullLoadOperator(task_id="load", full_load=identifier, poll_interval=0.1))
    raw = parquet(f"raw/rds/{execute.schema}/odd/LOAD00000001.parquet")
    loaded = dict(zip(raw["id"].to_pylist(), range(raw.num_rows), strict=True))

    lost = set()
    for number, column in columns.items():
        value = raw[column].slice(loaded[number], 1)
        ((length,),) = execute(f'SELECT length("{column}"::text) FROM odd WHERE id = {number}')
        is_cut = column in {"name", "city", "street", "tags", "document"} and pc.utf8_length(value)[0].as_py() != length
        if length is not None and (value.null_count or is_cut):
            lost.add(number)

    _, rows = find_changed(identifier, "odd")
    assert len(lost) > 15
    assert lost <= {int(key) for _, key, _ in rows}


def test_a_row_with_two_such_values_is_found_twice(find_changed, execute, create_load):
    execute("CREATE TABLE two (id text PRIMARY KEY, opened date, closed date)")
    execute("INSERT INTO two VALUES ('a', 'infinity', 'infinity'), ('b', 'infinity', '2024-01-01')")

    assert find_changed(create_load(), "two")[1] == [
        ("two", "a", "closed"),
        ("two", "a", "opened"),
        ("two", "b", "opened"),
    ]


def test_odd_names_domains_and_tables_without_such_columns_are_taken(find_changed, execute, create_load):
    execute("CREATE DOMAIN price AS numeric(10,2)")
    execute('''CREATE TABLE "Odd's; table" ("the key" int PRIMARY KEY, "a ""$""" price)''')
    execute("""INSERT INTO "Odd's; table" VALUES (7, 'NaN'), (8, 1)""")
    execute("CREATE TABLE plain (id int PRIMARY KEY, is_old boolean)")

    assert find_changed(create_load(), "Odd's; table", "plain")[1] == [("Odd's; table", "7", 'a "$"')]


def test_a_table_without_a_primary_key_is_named(find_changed, execute, create_load):
    execute("CREATE TABLE keyless (born date)")

    with pytest.raises(AirflowFailException, match=rf"The table {execute.schema}\.keyless has no primary key"):
        find_changed(create_load(), "keyless")


def test_more_values_than_are_kept_end_the_task_by_the_name_of_their_column(execute, create_load, lake_bucket):
    execute("CREATE TABLE many AS SELECT id, date 'infinity' AS until FROM generate_series(1, 30) AS id")
    execute("ALTER TABLE many ADD PRIMARY KEY (id)")
    tables = {f"{execute.schema}.many": "many"}

    with pytest.raises(AirflowFailException, match=r"More than 29 values .* most of them in many\.until"):
        ChangedValuesHook().write_changed_values(create_load(), tables, QUERY, lake_bucket, KEY, max_values=29)


def test_a_source_that_cannot_be_reached_is_named_without_its_password(find_changed, create_load):
    identifier = create_load(port=1, password=PASSWORD)

    with pytest.raises(SourceDatabaseError, match=f"{identifier}-source cannot be reached: .*port 1") as error:
        find_changed(identifier, "odd")
    assert PASSWORD not in str(error.value)


def test_a_table_that_may_not_be_read_is_named(find_changed, execute, create_load):
    role = f"reader_{execute.schema}"
    execute("CREATE TABLE secret (id int PRIMARY KEY, born date)")
    execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA {execute.schema} TO {role}")
    try:
        with pytest.raises(SourceDatabaseError, match="could not be compared: permission denied for table secret"):
            find_changed(create_load(username=role, password=PASSWORD), "secret")
    finally:
        execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
