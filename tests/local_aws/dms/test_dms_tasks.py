"""The life of a replication task: starting, reloading, stopping, failing, and what its statistics say meanwhile."""

import json

import psutil
import psycopg2
import pytest
from botocore.exceptions import ClientError
from psycopg2.extensions import make_dsn

from tests.local_aws.refusals import error_code


@pytest.fixture
def small_table(execute):
    execute("CREATE TABLE small (id int); INSERT INTO small VALUES (1), (2)")


@pytest.fixture
def locked_table(database, postgres_dsn):
    """A table that cannot be read for as long as the returned connection holds its lock."""
    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE locked (id int); INSERT INTO locked VALUES (1)")
    connection = psycopg2.connect(make_dsn(postgres_dsn, dbname=database.info.dbname))
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
    yield connection
    connection.close()


def is_loading(migration, task_arn, table="locked"):
    return migration.statistics(task_arn).get(table, {}).get("TableState") == "Full load"


def engine_of(endpoint):
    """The one engine process that the endpoint has started."""
    children = psutil.Process(endpoint.process.pid).children()
    [engine] = [child for child in children if "local_aws.dms.engine" in child.cmdline()]
    return engine


def test_a_task_goes_from_ready_to_stopped(migration, small_table):
    task_arn = migration.create_task(migration.selection("small"))
    assert migration.task(task_arn)["Status"] == "ready"
    task = migration.run(task_arn)
    assert (task["Status"], task["StopReason"]) == ("stopped", "Stop Reason FULL_LOAD_ONLY_FINISHED")
    statistics = task["ReplicationTaskStats"]
    assert (statistics["TablesLoaded"], statistics["TablesErrored"]) == (1, 0)
    assert statistics["FullLoadProgressPercent"] == 100
    assert statistics["FullLoadStartDate"] <= statistics["FullLoadFinishDate"]


def test_start_replication_is_for_the_first_run_only(migration, small_table):
    task_arn = migration.create_task(migration.selection("small"))
    migration.run(task_arn)
    assert error_code(migration.start, task_arn, "start-replication") == "InvalidResourceStateFault"


def test_a_full_load_cannot_be_resumed(migration, small_table):
    task_arn = migration.create_task(migration.selection("small"))
    migration.run(task_arn)
    assert error_code(migration.start, task_arn, "resume-processing") == "InvalidResourceStateFault"


def test_reload_target_loads_again(migration, small_table, execute):
    task_arn = migration.create_task(migration.selection("small"))
    migration.run(task_arn)
    execute("INSERT INTO small VALUES (3)")
    migration.run(task_arn, "reload-target")
    assert sorted(migration.read("public/small")["id"].to_pylist()) == [1, 2, 3]
    assert migration.statistics(task_arn)["small"]["FullLoadReloaded"] is True


def test_a_table_that_fails_leaves_the_others_alone(migration, small_table, execute):
    execute("CREATE TABLE broken (id int); CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON small TO reader")
    try:
        source = {"Username": "reader", "Password": "reader"}
        task = migration.load(migration.selection("%"), source=source)
        statistics = migration.statistics(task["ReplicationTaskArn"])
        states = {name: table["TableState"] for name, table in statistics.items()}
        assert states == {"small": "Table completed", "broken": "Table error"}
        assert task["ReplicationTaskStats"]["TablesErrored"] == 1
        assert statistics["small"]["FullLoadRows"] == 2
    finally:
        execute("DROP OWNED BY reader; DROP ROLE reader")


@pytest.fixture
def secret(migration, aws):
    """The name of a secret that the migration's source endpoints name, and the function that changes its values."""
    name = f"rds-{migration.name}"
    source, secrets = migration.source, aws("secretsmanager")
    values = {
        "engine": "postgres",
        "host": source["ServerName"],
        "port": source["Port"],
        "username": source["Username"],
        "password": source["Password"],
        "dbname": source["DatabaseName"],
    }
    secrets.create_secret(Name=name, SecretString=json.dumps(values))
    migration.source = {"EngineName": "postgres", "PostgreSQLSettings": {"SecretsManagerSecretId": name}}
    return name, lambda **changes: secrets.put_secret_value(SecretId=name, SecretString=json.dumps(values | changes))


def test_a_task_whose_connections_were_not_tested_successfully_is_refused(migration, small_table):
    task_arn = migration.create_task(migration.selection("small"), source={"Port": 1})
    with pytest.raises(ClientError, match=r"Test connection .* should be successful") as refusal:
        migration.start(task_arn)
    assert refusal.value.response["Error"]["Code"] == "InvalidResourceStateFault"
    assert migration.task(task_arn)["Status"] == "ready"


def test_a_changed_endpoint_is_tested_again(migration, small_table):
    task_arn = migration.create_task(migration.selection("small"))
    endpoint_arn = migration.task(task_arn)["SourceEndpointArn"]
    migration.dms.modify_endpoint(EndpointArn=endpoint_arn, Port=1)
    assert migration.ended_test(endpoint_arn)["Status"] == "failed"
    assert error_code(migration.start, task_arn) == "InvalidResourceStateFault"


def test_a_source_that_cannot_be_reached_any_more_fails_the_task(migration, secret):
    task_arn = migration.create_task(migration.selection("%"))
    secret[1](port=1)
    task = migration.run(task_arn)
    assert task["Status"] == "failed"
    assert "127.0.0.1:1 cannot be reached" in task["LastFailureMessage"]


def test_a_missing_secret_fails_the_task_by_name(migration, secret, aws):
    task_arn = migration.create_task(migration.selection("%"))
    aws("secretsmanager").delete_secret(SecretId=secret[0], ForceDeleteWithoutRecovery=True)
    assert secret[0] in migration.run(task_arn)["LastFailureMessage"]


def test_credentials_come_from_the_secret(migration, small_table, secret):
    migration.load(migration.selection("small"))
    assert migration.read("public/small").num_rows == 2


def test_a_stopped_task_cancels_its_tables(migration, locked_table):
    task_arn = migration.create_task(migration.selection("locked"))
    migration.start(task_arn)
    migration.wait(lambda: is_loading(migration, task_arn))
    assert migration.task(task_arn)["Status"] == "running"
    migration.dms.stop_replication_task(ReplicationTaskArn=task_arn)
    task = migration.ended(task_arn)
    assert (task["Status"], task["StopReason"]) == ("stopped", "Stop Reason NORMAL")
    assert migration.statistics(task_arn)["locked"]["TableState"] == "Table cancelled"


def test_a_running_task_can_neither_be_started_nor_deleted(migration, locked_table):
    task_arn = migration.create_task(migration.selection("locked"))
    migration.start(task_arn)
    migration.wait(lambda: is_loading(migration, task_arn))
    assert error_code(migration.start, task_arn, "reload-target") == "InvalidResourceStateFault"
    delete = migration.dms.delete_replication_task
    assert error_code(delete, ReplicationTaskArn=task_arn) == "InvalidResourceStateFault"
    locked_table.close()
    migration.ended(task_arn)
    delete(ReplicationTaskArn=task_arn)
    assert error_code(migration.task, task_arn) == "ResourceNotFoundFault"


def test_the_other_tables_are_loaded_while_one_waits(migration, small_table, locked_table):
    task_arn = migration.create_task(migration.selection("%"))
    migration.start(task_arn)
    migration.wait(lambda: migration.statistics(task_arn).get("small", {}).get("TableState") == "Table completed")
    statistics = migration.task(task_arn)["ReplicationTaskStats"]
    assert (statistics["TablesLoaded"], statistics["TablesLoading"]) == (1, 1)
    locked_table.close()
    assert migration.ended(task_arn)["ReplicationTaskStats"]["TablesLoaded"] == 2


def test_one_sub_task_loads_one_table_at_a_time(migration, small_table, locked_table):
    task_arn = migration.create_task(migration.selection("%"), FullLoadSettings={"MaxFullLoadSubTasks": 1})
    migration.start(task_arn)
    migration.wait(lambda: is_loading(migration, task_arn))
    assert migration.statistics(task_arn)["small"]["TableState"] == "Before load"
    assert migration.task(task_arn)["ReplicationTaskStats"]["TablesQueued"] == 1
    locked_table.close()
    migration.ended(task_arn)


def test_a_killed_engine_fails_the_task_and_the_next_run_is_right(aws_endpoint, migration, locked_table):
    task_arn = migration.create_task(migration.selection("locked"))
    migration.start(task_arn)
    migration.wait(lambda: is_loading(migration, task_arn))
    engine_of(aws_endpoint).kill()
    task = migration.ended(task_arn)
    assert task["Status"] == "failed"
    assert "ended with code -9" in task["LastFailureMessage"]
    locked_table.close()
    migration.run(task_arn, "reload-target")
    assert migration.read("public/locked")["id"].to_pylist() == [1]


def test_all_tables_are_read_from_one_snapshot(migration, execute, locked_table):
    execute("CREATE TABLE zlate (id int); INSERT INTO zlate VALUES (1)")
    task_arn = migration.create_task(migration.selection("%"), FullLoadSettings={"MaxFullLoadSubTasks": 1})
    migration.start(task_arn)
    migration.wait(lambda: is_loading(migration, task_arn))
    execute("INSERT INTO zlate VALUES (2)")
    locked_table.close()
    migration.ended(task_arn)
    assert migration.read("public/zlate")["id"].to_pylist() == [1]


def test_statistics_are_filtered_and_paged(migration, execute):
    for name in ("a", "b", "c"):
        execute(f"CREATE TABLE {name} (id int)")
    task_arn = migration.load(migration.selection("%"))["ReplicationTaskArn"]
    assert set(migration.statistics(task_arn, Filters=[{"Name": "table-name", "Values": ["a", "c"]}])) == {"a", "c"}
    pages = migration.dms.get_paginator("describe_table_statistics").paginate(
        ReplicationTaskArn=task_arn, PaginationConfig={"PageSize": 2}
    )
    assert [[table["TableName"] for table in page["TableStatistics"]] for page in pages] == [["a", "b"], ["c"]]


def test_settings_are_left_out_when_asked(migration, small_table):
    task_arn = migration.create_task(migration.selection("small"))
    filters = [{"Name": "replication-task-arn", "Values": [task_arn]}]
    [task] = migration.dms.describe_replication_tasks(Filters=filters, WithoutSettings=True)["ReplicationTasks"]
    assert "ReplicationTaskSettings" not in task


@pytest.mark.parametrize("migration_type", ["cdc", "full-load-and-cdc"])
def test_change_capture_is_error_code(migration, migration_type):
    with pytest.raises(ClientError, match=f"migration type {migration_type} is not supported"):
        migration.dms.create_replication_task(
            ReplicationTaskIdentifier=f"cdc-{migration.name}",
            SourceEndpointArn=migration.source_endpoint(),
            TargetEndpointArn=migration.target_endpoint(),
            ReplicationInstanceArn=migration.instance_arn,
            MigrationType=migration_type,
            TableMappings=json.dumps({"rules": [migration.selection("%")]}),
        )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}}, "TargetTablePrepMode"),
        ({"ValidationSettings": {"EnableValidation": True}}, "EnableValidation"),
        ({"ErrorBehavior": {"TableErrorPolicy": "STOP_TASK"}}, "TableErrorPolicy"),
        ({"NoSuchSettings": {}}, "NoSuchSettings"),
    ],
)
def test_a_setting_that_is_not_carried_out_is_refused_by_name(migration, settings, named):
    with pytest.raises(ClientError, match=named):
        migration.create_task(migration.selection("%"), **settings)


def test_the_engine_ends_with_its_endpoint_and_the_task_is_failed_after_the_restart(
    own_endpoint, migration, locked_table
):
    own = type(migration)(
        own_endpoint.client("dms"),
        own_endpoint.client("s3"),
        migration.bucket,
        own_endpoint.data_directory / "s3",
        migration.source,
    )
    own.s3.create_bucket(Bucket=own.bucket)
    task_arn = own.create_task(own.selection("locked"))
    own.start(task_arn)
    own.wait(lambda: is_loading(own, task_arn))
    engine = engine_of(own_endpoint)
    own_endpoint.kill()
    own.wait(lambda: not engine.is_running())
    own_endpoint.start()
    task = own.task(task_arn)
    assert task["Status"] == "failed"
    assert "restarted while" in task["LastFailureMessage"]
