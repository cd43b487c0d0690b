"""Nothing that a statement says reaches the host, another database or the server's own user."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from botocore.client import BaseClient
from psycopg2.extensions import make_dsn, parse_dsn

from stack.postgres import close_databases, create_databases
from tests.conftest import Endpoint
from tests.local_aws.redshift_warehouse import Warehouse, create_warehouse

# A procedure runs what the translation to PostgreSQL would not let through.
PROCEDURE = "CREATE OR REPLACE PROCEDURE smuggle() LANGUAGE plpgsql AS $$ BEGIN EXECUTE '{}'; END $$"


@pytest.fixture(scope="module")
def warehouse(aws: Callable[..., BaseClient], postgres_dsn: str) -> Warehouse:
    """A warehouse beside a source database that holds a secret."""
    create_databases(postgres_dsn, ["neighbour"])
    close_databases(postgres_dsn, ["neighbour"])
    run(make_dsn(postgres_dsn, dbname="neighbour"), "CREATE TABLE accounts AS SELECT 'secret' AS number")
    return create_warehouse(aws, "confined")


def run(dsn: str, statement: str) -> list[tuple]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def role_dsn(warehouse: Warehouse, aws: Callable[..., BaseClient], postgres_dsn: str) -> str:
    """The database as a user reaches it without the endpoint."""
    credentials = aws("redshift-serverless").get_credentials(workgroupName="confined")
    return make_dsn(postgres_dsn, dbname="confined", user=credentials["dbUser"], password=credentials["dbPassword"])


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """An empty folder of the host that the user of the server's process may write to."""
    tmp_path.chmod(0o777)
    return tmp_path


# The rights of the role are tested without the translation, which refuses many of these statements itself.
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT pg_read_binary_file('PG_VERSION')",
        "SELECT pg_ls_dir('/')",
        "SELECT pg_ls_dir('.')",
        "SELECT pg_ls_logdir()",
        "SELECT pg_stat_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_export(lo_from_bytea(0, 'x'), '{folder}/evil')",
        "SELECT pg_hba_file_rules()",
        "SELECT current_setting('data_directory')",
        "SHOW hba_file",
        "SELECT rolpassword FROM pg_authid",
        "SELECT passwd FROM pg_shadow",
        "SELECT pg_reload_conf()",
        "SELECT pg_rotate_logfile()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user",
        "COPY (SELECT 1) TO '{folder}/evil'",
        "COPY (SELECT 1) TO PROGRAM 'touch {folder}/evil'",
        "CREATE TEMP TABLE lines (line text); COPY lines FROM '/etc/passwd'",
        "CREATE TEMP TABLE lines (line text); COPY lines FROM PROGRAM 'id'",
        "CREATE EXTENSION dblink",
        "CREATE EXTENSION postgres_fdw",
        "CREATE EXTENSION file_fdw",
        "CREATE EXTENSION adminpack",
        "CREATE EXTENSION plpython3u",
        "CREATE FUNCTION evil(cstring) RETURNS int LANGUAGE c STRICT AS '/lib/x86_64-linux-gnu/libc.so.6', 'system'",
        "CREATE FUNCTION evil(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'",
        "CREATE FOREIGN DATA WRAPPER evil",
        "LOAD '/lib/x86_64-linux-gnu/libc.so.6'",
        "SET session_preload_libraries = 'evil'",
        "SET log_statement = 'all'",
        "ALTER SYSTEM SET log_statement = 'all'",
        "ALTER DATABASE confined SET log_statement = 'all'",
        "CREATE TABLESPACE evil LOCATION '{folder}'",
        "CREATE DATABASE evil",
        "DROP DATABASE neighbour",
        "ALTER DATABASE neighbour RENAME TO mine",
        "CREATE ROLE evil SUPERUSER",
        "CREATE ROLE evil REPLICATION",
        "CREATE ROLE evil BYPASSRLS",
        "CREATE ROLE evil IN ROLE pg_execute_server_program",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "ALTER ROLE {server_user} PASSWORD 'known'",
        "ALTER ROLE {server_user} NOLOGIN",
        "GRANT pg_read_server_files TO CURRENT_USER",
        "GRANT pg_execute_server_program TO CURRENT_USER",
        "GRANT {server_user} TO CURRENT_USER",
        "SET ROLE {server_user}",
        "SET SESSION AUTHORIZATION {server_user}",
        "CREATE EVENT TRIGGER evil ON ddl_command_start EXECUTE FUNCTION evil()",
        "UPDATE pg_catalog.pg_proc SET prosrc = 'pg_read_file_all'",
        "CREATE OR REPLACE FUNCTION redshift_system.getdate() RETURNS timestamp LANGUAGE sql AS 'SELECT now()'",
        "CREATE TRIGGER evil BEFORE INSERT ON redshift_system.sys_load_error_detail FOR EACH ROW EXECUTE FUNCTION x()",
        "DROP SCHEMA redshift_system CASCADE",
        "CREATE PUBLICATION evil FOR ALL TABLES",
        "CREATE SUBSCRIPTION evil CONNECTION 'dbname=neighbour' PUBLICATION x",
        "SELECT pg_create_logical_replication_slot('evil', 'pgoutput')",
    ],
)
def test_the_role_has_no_right_beyond_its_database(
    role_dsn: str, postgres_dsn: str, open_folder: Path, statement: str
) -> None:
    with pytest.raises(psycopg2.Error):
        run(role_dsn, statement.format(server_user=parse_dsn(postgres_dsn)["user"], folder=open_folder))
    assert list(open_folder.iterdir()) == []


def test_the_servers_own_user_may_write_where_the_attacks_want_to(postgres_dsn: str, open_folder: Path) -> None:
    run(postgres_dsn, f"COPY (SELECT 1) TO '{open_folder}/file'")
    run(postgres_dsn, f"COPY (SELECT 1) TO PROGRAM 'touch {open_folder}/program'")
    assert {path.name for path in open_folder.iterdir()} == {"file", "program"}


def test_the_role_may_not_connect_to_a_database_of_the_stack(role_dsn: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(make_dsn(role_dsn, dbname="neighbour"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT pg_ls_dir('/')",
        "COPY lines FROM '/etc/passwd' IAM_ROLE default FORMAT AS CSV",
        "COPY lines FROM PROGRAM 'id'",
        "UNLOAD ('SELECT pg_read_file(''/etc/hostname'')') TO 's3://confined/x' IAM_ROLE default FORMAT CSV",
        "EXPLAIN ANALYZE SELECT pg_read_file('/etc/hostname')",
        "CREATE EXTENSION dblink",
        "SET SESSION AUTHORIZATION DEFAULT; SELECT pg_read_file('/etc/hostname')",
        "ALTER USER {server_user} PASSWORD 'Known123'",
    ],
)
def test_a_statement_reads_nothing_of_the_host(warehouse: Warehouse, postgres_dsn: str, statement: str) -> None:
    sql = statement.format(server_user=parse_dsn(postgres_dsn)["user"])
    try:
        outcome = warehouse.describe(sql)
    except warehouse.client.exceptions.ValidationException:
        return
    assert outcome["Status"] == "FAILED"


@pytest.mark.parametrize(
    "command",
    [
        "COPY lines FROM ''/etc/passwd''",
        "COPY (SELECT 1) TO PROGRAM ''touch {folder}/evil''",
        "SET SESSION AUTHORIZATION {server_user}",
        "RESET SESSION AUTHORIZATION; SELECT pg_read_file(''/etc/hostname'')",
        "SET ROLE {server_user}",
        "RESET ROLE; SELECT pg_ls_dir(''/'')",
        "SET ROLE NONE; ALTER SYSTEM SET log_statement = ''all''",
    ],
)
def test_a_procedure_smuggles_nothing_past_the_translation(
    warehouse: Warehouse, postgres_dsn: str, open_folder: Path, command: str
) -> None:
    command = command.format(server_user=parse_dsn(postgres_dsn)["user"], folder=open_folder)
    warehouse.batch(PROCEDURE.format(command), "CREATE TABLE IF NOT EXISTS lines (line VARCHAR(MAX))")
    assert warehouse.describe("CALL smuggle()")["Status"] == "FAILED"
    assert list(open_folder.iterdir()) == []


@pytest.fixture
def server_secret(aws: Callable[..., BaseClient], postgres_dsn: str) -> str:
    options = parse_dsn(postgres_dsn)
    value = json.dumps({"username": options["user"], "password": options["password"]})
    name = f"server-{time.monotonic_ns()}"
    return aws("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]


def test_the_servers_own_user_runs_statements_as_the_databases_role(warehouse: Warehouse, server_secret: str) -> None:
    assert warehouse.rows("SELECT current_user", SecretArn=server_secret) == [["redshift_confined"]]


def test_another_superuser_is_refused(warehouse: Warehouse, aws: Callable[..., BaseClient], postgres_dsn: str) -> None:
    run(postgres_dsn, "CREATE ROLE other_superuser LOGIN SUPERUSER PASSWORD 'x'")
    value = json.dumps({"username": "other_superuser", "password": "x"})
    secret = aws("secretsmanager").create_secret(Name="other-superuser", SecretString=value)["ARN"]
    assert (
        "is a superuser of the server that plays Redshift" in warehouse.describe("SELECT 1", SecretArn=secret)["Error"]
    )
    run(postgres_dsn, "DROP ROLE other_superuser")


def test_a_statement_that_changes_the_roles_password_locks_nobody_out(warehouse: Warehouse) -> None:
    warehouse.run("ALTER USER redshift_confined PASSWORD 'Other123'")
    assert warehouse.rows("SELECT 1") == [[1]]


@pytest.mark.parametrize("key", ["../secret.csv", "link.csv", "folder/secret.csv"])
@pytest.mark.parametrize("is_manifest", [True, False])
def test_a_load_reads_nothing_outside_of_its_bucket(
    warehouse: Warehouse, aws: Callable[..., BaseClient], aws_endpoint: Endpoint, key: str, is_manifest: bool
) -> None:
    bucket = f"confined-{key.encode().hex()}-{is_manifest}".lower()
    aws("s3").create_bucket(Bucket=bucket)
    folder = aws_endpoint.data_directory / "s3" / bucket
    (folder.parent / "secret.csv").write_text("secret\n")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "folder").symlink_to(folder.parent)
    source = f"s3://{bucket}/{key}"
    if is_manifest:
        manifest = json.dumps({"entries": [{"url": source, "mandatory": True}]})
        aws("s3").put_object(Bucket=bucket, Key="manifest", Body=manifest)
        source = f"s3://{bucket}/manifest"
    warehouse.run("CREATE TABLE IF NOT EXISTS stolen (line VARCHAR(MAX))")
    command = f"COPY stolen FROM '{source}' IAM_ROLE default FORMAT AS CSV{' MANIFEST' if is_manifest else ''}"
    assert warehouse.describe(command)["Status"] == "FAILED"
    assert warehouse.rows("SELECT COUNT(*) FROM stolen") == [[0]]


@pytest.mark.parametrize("key", ["../x/", "../../x/", "folder/"])
def test_an_unload_writes_nothing_outside_of_its_bucket(
    warehouse: Warehouse, aws: Callable[..., BaseClient], aws_endpoint: Endpoint, key: str
) -> None:
    bucket = f"unloaded-{key.encode().hex()}"
    aws("s3").create_bucket(Bucket=bucket)
    folder = aws_endpoint.data_directory / "s3" / bucket
    outside = aws_endpoint.data_directory / "outside"
    outside.mkdir(exist_ok=True)
    (folder / "folder").symlink_to(outside)
    command = f"UNLOAD ('SELECT 1') TO 's3://{bucket}/{key}' IAM_ROLE default FORMAT AS PARQUET CLEANPATH"
    assert warehouse.describe(command)["Status"] == "FAILED"
    assert list(outside.iterdir()) == []


@pytest.fixture
def earlier_warehouse(aws: Callable[..., BaseClient], postgres_dsn: str) -> Iterator[Warehouse]:
    """A database whose tables the server's own user made, as earlier versions did."""
    run(postgres_dsn, "CREATE DATABASE earlier")
    dsn = make_dsn(postgres_dsn, dbname="earlier")
    run(
        dsn,
        "CREATE SCHEMA analytics; CREATE TABLE analytics.facts (id int GENERATED BY DEFAULT AS IDENTITY, n serial);"
        "CREATE VIEW analytics.totals AS SELECT count(*) FROM analytics.facts;"
        "CREATE TABLE public.notes (line text); CREATE SEQUENCE public.numbers;"
        "CREATE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        'CREATE TABLE analytics."Odd ""name" (id int);',
    )
    yield create_warehouse(aws, "earlier")
    aws("redshift-serverless").delete_workgroup(workgroupName="earlier")
    aws("redshift-serverless").delete_namespace(namespaceName="earlier")


def test_an_earlier_versions_tables_are_handed_over(earlier_warehouse: Warehouse, postgres_dsn: str) -> None:
    outcome = earlier_warehouse.batch(
        "INSERT INTO analytics.facts (id) VALUES (1)",
        "ALTER TABLE analytics.facts ADD COLUMN amount DECIMAL(18, 2)",
        "CREATE OR REPLACE VIEW analytics.totals AS SELECT COUNT(*) FROM analytics.facts",
        "DROP TABLE public.notes",
        "CREATE TABLE analytics.more (id INT)",
    )
    assert outcome["Status"] == "FINISHED", outcome.get("Error")
    owners = run(
        make_dsn(postgres_dsn, dbname="earlier"),
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname IN ('analytics', 'public')"
        " UNION SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'analytics'"
        " UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE proname = 'one'",
    )
    assert owners == [("redshift_earlier",)]


@pytest.fixture
def limited_dsn(postgres_dsn: str) -> str:
    """A server whose user is no superuser and may create databases only."""
    run(postgres_dsn, "CREATE ROLE limited LOGIN CREATEDB PASSWORD 'limited'")
    return make_dsn(postgres_dsn, user="limited", password="limited")


def test_a_server_of_the_users_own_serves_a_user_who_may_make_databases_and_roles(
    start_endpoint: Callable, tmp_path: Path, postgres_dsn: str, limited_dsn: str
) -> None:
    with start_endpoint(tmp_path / "aws", limited_dsn) as endpoint:
        client = endpoint.client("redshift-serverless")
        with pytest.raises(client.exceptions.ValidationException, match="ALTER ROLE limited CREATEROLE"):
            client.create_namespace(namespaceName="limited", dbName="limited")
        run(postgres_dsn, "ALTER ROLE limited CREATEROLE")
        warehouse = create_warehouse(endpoint.client, "limited")
        warehouse.run("CREATE TABLE things (id INT)")
        assert warehouse.rows("SELECT current_user, COUNT(*) FROM things") == [["redshift_limited", 0]]
        assert warehouse.describe("SELECT pg_read_file('/etc/hostname')")["Status"] == "FAILED"
        client.delete_workgroup(workgroupName="limited")
        client.delete_namespace(namespaceName="limited")
    run(postgres_dsn, "DROP ROLE limited")
    assert run(postgres_dsn, "SELECT 1 FROM pg_roles WHERE rolname = 'redshift_limited'") == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'seen'",
        "SELECT table_name FROM svv_tables WHERE table_name = 'seen'",
        'SELECT "table" FROM svv_table_info WHERE "table" = \'seen\'',
        "SELECT DISTINCT tablename FROM pg_table_def WHERE tablename = 'seen'",
        "SELECT table_name FROM svv_columns WHERE table_name = 'seen'",
        "SELECT relname FROM pg_class WHERE relname = 'seen'",
    ],
)
def test_the_catalog_of_the_own_database_is_seen(warehouse: Warehouse, query: str) -> None:
    warehouse.run("CREATE TABLE IF NOT EXISTS seen (id INT)")
    assert warehouse.rows(query) == [["seen"]]
