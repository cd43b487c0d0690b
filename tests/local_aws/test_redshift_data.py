"""Statements of the Data API against a real database."""

import time
from collections.abc import Callable

import pytest

from tests.local_aws.redshift_warehouse import Warehouse, create_warehouse


@pytest.fixture(scope="module")
def warehouse(aws: Callable) -> Warehouse:
    return create_warehouse(aws, "data-api")


@pytest.fixture
def table(warehouse: Warehouse) -> str:
    """An empty table `readings` of the test's own."""
    outcome = warehouse.batch(
        "CREATE SCHEMA IF NOT EXISTS lab",
        "DROP TABLE IF EXISTS lab.readings",
        "CREATE TABLE lab.readings (id BIGINT ENCODE az64 DISTKEY, name VARCHAR(20), amount DECIMAL(18,2))",
    )
    assert outcome["Status"] == "FINISHED", outcome
    return "lab.readings"


def test_values_keep_their_types(warehouse: Warehouse) -> None:
    (row,) = warehouse.rows(
        "SELECT 1::int, 2::bigint, 1.5::float8, 'a'::varchar(5), true, NULL::int, 12.30::decimal(18,2),"
        " '2024-02-29'::date, '2024-02-29 12:30:00'::timestamp"
    )
    assert row == [1, 2, 1.5, "a", True, None, "12.30", "2024-02-29", "2024-02-29 12:30:00"]


def test_column_metadata_names_redshift_types(warehouse: Warehouse) -> None:
    statement_id = warehouse.run("SELECT 1::bigint AS number, 2.5::decimal(18,2) AS amount, 'x'::varchar(3) AS word")[
        "Id"
    ]
    columns = warehouse.client.get_statement_result(Id=statement_id)["ColumnMetadata"]
    assert [(column["name"], column["typeName"], column["precision"], column["scale"]) for column in columns][:2] == [
        ("number", "int8", 0, 0),
        ("amount", "numeric", 18, 2),
    ]


def test_description_of_a_finished_query(warehouse: Warehouse) -> None:
    description = warehouse.run("SELECT 1 UNION ALL SELECT 2", StatementName="two-rows")
    assert description["HasResultSet"]
    assert description["ResultRows"] == 2
    assert description["ResultSize"] > 0
    assert description["Duration"] > 0
    assert description["QueryString"] == "SELECT 1 UNION ALL SELECT 2"


def test_long_results_come_in_pages(warehouse: Warehouse) -> None:
    rows = warehouse.rows("SELECT generate_series(1, 2500) AS n ORDER BY n")
    assert [number for (number,) in rows] == list(range(1, 2501))


def test_parameters_are_bound_as_values(warehouse: Warehouse) -> None:
    parameters = [{"name": "word", "value": "it's 100%; DROP TABLE x"}, {"name": "number", "value": "7"}]
    (row,) = warehouse.rows("SELECT :word, 1 + :number WHERE 'a%' LIKE 'a%'", Parameters=parameters)
    assert row == ["it's 100%; DROP TABLE x", 8]


@pytest.mark.parametrize(
    ("expression", "value", "message"),
    [
        (":value", "true", 'column "is_done" is of type boolean but expression is of type character varying'),
        ("CAST(:value AS BOOLEAN)", "true", "cannot cast type character varying to boolean"),
        (":value::boolean", "1", "cannot cast type character varying to boolean"),
        (
            "NULL, :value",
            "2024-01-02 03:04:05",
            'column "done_at" is of type timestamp without time zone but expression is of type character varying',
        ),
    ],
)
def test_a_parameter_is_a_text_where_a_boolean_or_a_timestamp_is_needed(
    warehouse: Warehouse, expression: str, value: str, message: str
) -> None:
    warehouse.run("CREATE TABLE IF NOT EXISTS tasks (is_done BOOLEAN, done_at TIMESTAMP, tries INT)")
    outcome = warehouse.describe(
        f"INSERT INTO tasks VALUES ({expression})", Parameters=[{"name": "value", "value": value}]
    )
    assert message in outcome["Error"]


def test_parameters_that_say_what_they_are_become_values(warehouse: Warehouse) -> None:
    warehouse.run("CREATE TABLE IF NOT EXISTS tasks (is_done BOOLEAN, done_at TIMESTAMP, tries INT)")
    values = {"flag": "true", "moment": "2024-01-02 03:04:05", "tries": "3"}
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    warehouse.run(
        "INSERT INTO tasks VALUES (:flag = 'true', CAST(:moment AS TIMESTAMP), :tries)", Parameters=parameters
    )
    assert warehouse.rows("SELECT * FROM tasks WHERE tries = :tries", Parameters=parameters[2:]) == [
        [True, "2024-01-02 03:04:05", 3]
    ]


def test_text_that_is_no_utf8_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(warehouse.client.exceptions.ValidationException, match="no valid UTF-8 at character 9"):
        warehouse.describe("SELECT '\udcff'")


def test_an_error_shows_nothing_of_the_functions_that_play_redshifts(warehouse: Warehouse) -> None:
    error = warehouse.describe("SELECT DATEDIFF(fortnight, '2024-01-01', '2024-02-01')")["Error"]
    assert error == 'ERROR: DATEDIFF: the date part "fortnight" is not supported'


def test_batch_is_undone_as_a_whole(warehouse: Warehouse, table: str) -> None:
    outcome = warehouse.batch(f"INSERT INTO {table} VALUES (1, 'a', 1)", "SELECT no_such_column", "SELECT 1")
    assert outcome["Status"] == "FAILED"
    assert outcome["Error"].startswith('Query #2 failed with ERROR: column "no_such_column" does not exist')
    assert [part["Status"] for part in outcome["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert warehouse.rows(f"SELECT count(*) FROM {table}") == [[0]]


def test_batch_has_a_result_per_statement(warehouse: Warehouse) -> None:
    outcome = warehouse.batch("SELECT 1", "SELECT 2")
    part_id = f"{outcome['Id']}:2"
    assert [part["Id"] for part in outcome["SubStatements"]][1] == part_id
    assert warehouse.client.get_statement_result(Id=part_id)["Records"] == [[{"longValue": 2}]]


def test_rename_swap_replaces_a_table_in_one_batch(warehouse: Warehouse, table: str) -> None:
    outcome = warehouse.batch(
        "CREATE TABLE lab.readings_staging (LIKE lab.readings)",
        "INSERT INTO lab.readings_staging VALUES (5, 'fresh', 1.5)",
        f"ALTER TABLE {table} RENAME TO readings_old",
        "ALTER TABLE lab.readings_staging RENAME TO readings",
        "DROP TABLE lab.readings_old",
    )
    assert outcome["Status"] == "FINISHED", outcome.get("Error")
    assert warehouse.rows(f"SELECT id, name, amount FROM {table}") == [[5, "fresh", "1.50"]]


def test_truncate_commits_its_transaction(warehouse: Warehouse, table: str) -> None:
    warehouse.run(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    assert warehouse.batch(f"TRUNCATE {table}", "SELECT no_such_column")["Status"] == "FAILED"
    assert warehouse.rows(f"SELECT count(*) FROM {table}") == [[0]]


def test_client_token_makes_a_retry_the_same_statement(warehouse: Warehouse, table: str) -> None:
    request = {"Sql": f"INSERT INTO {table} VALUES (1, 'a', 1)", "ClientToken": "once", **warehouse.place}
    first, second = (warehouse.client.execute_statement(**request)["Id"] for _ in range(2))
    assert first == second
    warehouse.wait(first)
    assert warehouse.rows(f"SELECT count(*) FROM {table}") == [[1]]


@pytest.mark.parametrize("columns", [1, 1_600], ids=["running", "being translated"])
def test_started_statement_is_cancelled(warehouse: Warehouse, columns: int) -> None:
    counts = ", ".join(f"COUNT(*) + {number}" for number in range(columns))
    slow = f"SELECT {counts} FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b"
    statement_id = warehouse.client.execute_statement(Sql=slow, **warehouse.place)["Id"]
    while warehouse.client.describe_statement(Id=statement_id)["Status"] != "STARTED":
        time.sleep(0.02)
    cancelled_at = time.monotonic()
    assert warehouse.client.cancel_statement(Id=statement_id)["Status"]
    assert warehouse.wait(statement_id)["Status"] == "ABORTED"
    assert time.monotonic() - cancelled_at < 20


def test_statements_are_listed_by_name(warehouse: Warehouse) -> None:
    warehouse.run("SELECT 1", StatementName="listed-one")
    found = warehouse.client.list_statements(StatementName="listed", Status="FINISHED")["Statements"]
    assert [(statement["StatementName"], statement["QueryString"]) for statement in found] == [
        ("listed-one", "SELECT 1")
    ]


def test_catalog_tells_of_schemas_tables_and_columns(warehouse: Warehouse, table: str) -> None:
    client, place = warehouse.client, warehouse.place
    assert client.list_databases(**place)["Databases"] == ["data-api"]
    assert "lab" in client.list_schemas(**place)["Schemas"]
    assert client.list_tables(SchemaPattern="lab", **place)["Tables"] == [
        {"name": "readings", "schema": "lab", "type": "TABLE"}
    ]
    columns = client.describe_table(Schema="lab", Table="readings", **place)["ColumnList"]
    assert [(column["name"], column["typeName"]) for column in columns] == [
        ("id", "int8"),
        ("name", "varchar"),
        ("amount", "numeric"),
    ]


@pytest.mark.parametrize(
    ("request_place", "message"),
    [
        ({"Database": "data-api"}, "Either ClusterIdentifier or WorkgroupName needs to be specified."),
        ({"Database": "data-api", "WorkgroupName": "nobody"}, "Redshift endpoint doesn't exist in this region."),
        ({"Database": "data-api", "ClusterIdentifier": "old"}, "Redshift endpoint doesn't exist in this region."),
    ],
)
def test_request_without_a_warehouse_is_refused(warehouse: Warehouse, request_place: dict, message: str) -> None:
    with pytest.raises(warehouse.client.exceptions.ValidationException, match=message):
        warehouse.client.execute_statement(Sql="SELECT 1", **request_place)


def test_unknown_database_fails_the_statement(warehouse: Warehouse) -> None:
    statement = warehouse.client.execute_statement(Sql="SELECT 1", WorkgroupName="data-api", Database="elsewhere")
    assert warehouse.wait(statement["Id"])["Error"] == 'FATAL: database "elsewhere" does not exist'


def test_unknown_statement_is_not_found(warehouse: Warehouse) -> None:
    with pytest.raises(warehouse.client.exceptions.ResourceNotFoundException, match="Query does not exist"):
        warehouse.client.describe_statement(Id="00000000-0000-0000-0000-000000000000")


def test_failed_statement_has_no_result(warehouse: Warehouse) -> None:
    description = warehouse.describe("SELECT * FROM missing_table")
    assert description["Error"].startswith('ERROR: relation "missing_table" does not exist')
    with pytest.raises(warehouse.client.exceptions.ResourceNotFoundException):
        warehouse.client.get_statement_result(Id=description["Id"])


def test_several_statements_in_one_string_are_refused(warehouse: Warehouse) -> None:
    with pytest.raises(warehouse.client.exceptions.ValidationException, match="single SQL statement"):
        warehouse.client.execute_statement(Sql="SELECT 1; SELECT ';'", **warehouse.place)


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("CREATE EXTERNAL SCHEMA s FROM DATA CATALOG DATABASE 'd' IAM_ROLE default", "CREATE EXTERNAL"),
        ("ALTER TABLE a APPEND FROM b", "ALTER TABLE APPEND"),
        ("CREATE TABLE g (shape GEOMETRY)", "The data type GEOMETRY"),
        ("COPY t FROM 's3://b/k' IAM_ROLE default FIXEDWIDTH '1:2'", "The COPY option FIXEDWIDTH"),
    ],
)
def test_what_cannot_be_run_fails_by_name(warehouse: Warehouse, sql: str, name: str) -> None:
    assert warehouse.describe(sql)["Error"] == f"ERROR: {name} is not supported by the local endpoint."


@pytest.mark.parametrize("option", [{"WithEvent": True}, {"SessionKeepAliveSeconds": 10}, {"ResultFormat": "CSV"}])
def test_request_options_without_effect_are_refused(warehouse: Warehouse, option: dict) -> None:
    with pytest.raises(warehouse.client.exceptions.ValidationException, match="not supported by the local endpoint"):
        warehouse.client.execute_statement(Sql="SELECT 1", **warehouse.place, **option)


def test_secret_of_the_request_is_who_connects(warehouse: Warehouse, aws: Callable) -> None:
    warehouse.run("CREATE USER auditor PASSWORD 'Auditor1'")
    value = '{"username": "auditor", "password": "Auditor1"}'
    secret = aws("secretsmanager").create_secret(Name="test/auditor", SecretString=value)["ARN"]
    assert warehouse.rows("SELECT current_user", SecretArn=secret) == [["auditor"]]


def test_a_statement_is_explained_as_it_would_run(warehouse: Warehouse, table: str) -> None:
    warehouse.run(f"EXPLAIN SELECT id + 1 AS next_id, next_id * 2 AS twice FROM {table}")
    plan = warehouse.rows(f"EXPLAIN VERBOSE SELECT id + 1 AS next_id FROM {table} WHERE id > 7")
    assert any("Output: " in line for (line,) in plan)
    error = warehouse.describe(f"EXPLAIN SELECT array_agg(id) FROM {table}")["Error"]
    assert "function array_agg(bigint) does not exist" in error


def test_tables_are_shown_by_schema_and_pattern(warehouse: Warehouse, table: str) -> None:
    assert warehouse.batch("DROP TABLE IF EXISTS lab.rates", "CREATE TABLE lab.rates (id INT)")["Status"] == "FINISHED"

    def shown(rest: str) -> list[str]:
        return [row[2] for row in warehouse.rows(f"SHOW TABLES FROM SCHEMA {rest}")]

    assert shown("lab") == ["rates", "readings"]
    assert shown("\"data-api\".lab LIKE 'read%'") == ["readings"]
    assert shown('"data-api".lab LIMIT 1') == ["rates"]
    assert shown("elsewhere.lab") == []


def test_the_search_path_is_set_back(warehouse: Warehouse, table: str) -> None:
    outcome = warehouse.batch("SET search_path TO lab", "SET search_path TO DEFAULT", "SELECT id FROM readings")
    assert 'relation "readings" does not exist' in outcome["Error"]
