"""DmsFullLoadOperator against a real PostgreSQL, loaded by the endpoint's DMS."""

import json
import re
import time
from uuid import uuid4

import psycopg2
import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from botocore.exceptions import ClientError
from lakehouse_aws.dms.full_load import ReplicationTask, ServerlessReplication, load_faults
from lakehouse_aws.dms.hook import DmsFullLoadError, DmsFullLoadHook
from lakehouse_aws.dms.operator import DmsFullLoadOperator
from psycopg2 import sql
from psycopg2.extensions import parse_dsn


@pytest.fixture
def schema(postgres_dsn):
    """A schema with two customers and three accounts, and the statement runner that made it."""
    name = f"bank_{uuid4().hex[:12]}"
    connection = psycopg2.connect(postgres_dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        for table, rows in (("customers", 2), ("accounts", 3)):
            statement = "CREATE TABLE {} AS SELECT number AS id FROM generate_series(1, %s) AS number"
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name, table)), [rows])
        yield name
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
    connection.close()


@pytest.fixture
def ends(aws, postgres_dsn, schema, lake_bucket):
    """`ends(port)` makes the two endpoints and returns what every full load of the schema has."""
    dms = aws("dms")
    parsed = parse_dsn(postgres_dsn)

    def create(identifier, port):
        source = dms.create_endpoint(
            EndpointIdentifier=f"{identifier}-source",
            EndpointType="source",
            EngineName="postgres",
            ServerName=parsed["host"],
            Port=int(port or parsed["port"]),
            Username=parsed["user"],
            Password=parsed["password"],
            DatabaseName=parsed["dbname"],
        )
        target = dms.create_endpoint(
            EndpointIdentifier=f"{identifier}-target",
            EndpointType="target",
            EngineName="s3",
            S3Settings={"BucketName": lake_bucket, "BucketFolder": "raw", "DataFormat": "parquet"},
        )
        rule = {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "rule-action": "include",
            "object-locator": {"schema-name": schema, "table-name": "%"},
        }
        return {
            "SourceEndpointArn": source["Endpoint"]["EndpointArn"],
            "TargetEndpointArn": target["Endpoint"]["EndpointArn"],
            "TableMappings": json.dumps({"rules": [rule]}),
        }

    return create


@pytest.fixture
def create_task(aws, ends):
    """`create_task(port)` makes a replication task of the schema and returns its identifier."""

    def create(port=None):
        identifier = f"load-{uuid4().hex[:12]}"
        instance = aws("dms").create_replication_instance(
            ReplicationInstanceIdentifier=identifier, ReplicationInstanceClass="dms.t3.medium"
        )
        aws("dms").create_replication_task(
            ReplicationTaskIdentifier=identifier,
            ReplicationInstanceArn=instance["ReplicationInstance"]["ReplicationInstanceArn"],
            MigrationType="full-load",
            **ends(identifier, port),
        )
        return identifier

    return create


@pytest.fixture
def create_serverless(aws, ends):
    """`create_serverless(port)` makes a serverless replication of the schema and returns its identifier."""

    def create(port=None):
        identifier = f"load-{uuid4().hex[:12]}"
        aws("dms").create_replication_config(
            ReplicationConfigIdentifier=identifier,
            ReplicationType="full-load",
            ComputeConfig={"MaxCapacityUnits": 2},
            **ends(identifier, port),
        )
        return identifier

    return create


@pytest.fixture(params=["task", "serverless"])
def create_load(request):
    """Either of the two: the operator does not care."""
    return request.getfixturevalue(f"create_{request.param}")


def described_task(aws, identifier):
    filters = [{"Name": "replication-task-id", "Values": [identifier]}]
    return aws("dms").describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]


def full_load(identifier):
    return DmsFullLoadOperator(task_id="full_load", full_load=identifier, poll_interval=0.1)


def test_a_load_returns_the_rows_of_every_table(run, create_load, schema):
    assert run(full_load(create_load())) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_load_is_told_from_a_later_one_by_its_end(run, create_load, context):
    identifier = create_load()
    ends = []
    for _ in range(2):
        run(full_load(identifier))
        ends.append(context["ti"].xcoms["ended_at"])
    first, last = ends

    DmsFullLoadHook().check_is_last(identifier, last)
    with pytest.raises(AirflowFailException, match=f"ended at {re.escape(first)}, and another one has replaced its"):
        DmsFullLoadHook().check_is_last(identifier, first)


def test_a_task_that_has_run_is_loaded_again(run, create_load, schema):
    identifier = create_load()
    run(full_load(identifier))

    assert run(full_load(identifier)) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_retry_waits_for_the_load_that_is_running(run, create_load, schema, context):
    operator = full_load(create_load())
    with pytest.raises(TaskDeferred):
        operator.execute(context)

    assert run(operator) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_task_whose_connections_were_never_tested_is_loaded_after_their_test(run, aws, create_task, schema):
    identifier = create_task()
    with pytest.raises(ClientError, match="Test connection"):
        aws("dms").start_replication_task(
            ReplicationTaskArn=described_task(aws, identifier)["ReplicationTaskArn"],
            StartReplicationTaskType="start-replication",
        )

    assert run(full_load(identifier)) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


def test_a_task_whose_source_cannot_be_reached_fails_with_the_message_of_the_connection_test(run, create_task):
    with pytest.raises(
        DmsFullLoadError, match=r"load-\w+ cannot start: the connection to load-\w+-source is failed: .*(?i:reached)"
    ):
        run(full_load(create_task(port=1)))


def test_a_task_that_is_tested_and_cannot_start_fails_with_the_refusal(run, aws, create_task):
    """The retry of a worker that died between its two requests meets a task in another state than it had read."""
    identifier = create_task()
    run(full_load(identifier))
    task = ReplicationTask(aws("dms"), described_task(aws, identifier) | {"Status": "ready"})
    del task.description["ReplicationTaskStartDate"]

    assert task.connections.are_tested
    with pytest.raises(ClientError, match="valid only for tasks running for the first time"):
        task.start()


def test_a_serverless_load_of_a_source_that_cannot_be_reached_fails_with_the_message_of_dms(run, create_serverless):
    with pytest.raises(DmsFullLoadError, match=r"load-\w+ failed: it is failed .*(?i:connect|refused)"):
        run(full_load(create_serverless(port=1)))


def test_a_load_that_failed_in_three_tries_is_given_up(run, context, create_serverless):
    context["ti"].try_number = 3
    with pytest.raises(AirflowFailException, match=r"(?i:connect|refused)"):
        run(full_load(create_serverless(port=1)))


def test_the_limit_of_large_objects_is_that_of_the_settings_and_else_of_dms(aws, create_task, create_serverless):
    settings = json.dumps({"TargetMetadata": {"SupportLobs": True, "LobMaxSize": 7}})
    hook = DmsFullLoadHook()
    limits = []
    for identifier in (create_task(), create_serverless()):
        load = hook.find(identifier)
        limits.append(load.lob_limit_bytes)
        if isinstance(load, ReplicationTask):
            aws("dms").modify_replication_task(ReplicationTaskArn=load.arn, ReplicationTaskSettings=settings)
        else:
            aws("dms").modify_replication_config(ReplicationConfigArn=load.arn, ReplicationSettings=settings)
        limits.append(hook.find(identifier).lob_limit_bytes)

    assert limits == [32 * 1024, 7 * 1024] * 2


def test_an_unknown_load_is_named(run):
    with pytest.raises(AirflowFailException, match="no DMS replication task and no serverless replication 'nobody'"):
        run(full_load("nobody"))


def test_a_stopped_task_with_an_errored_table_is_a_failure():
    task = {"Status": "stopped", "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"}
    tables = [
        {"SchemaName": "public", "TableName": "customers", "TableState": "Table completed"},
        {"SchemaName": "public", "TableName": "accounts", "TableState": "Table error"},
    ]

    assert load_faults(ReplicationTask(None, task), tables) == ["public.accounts is in state 'Table error'"]


def test_the_message_of_an_earlier_failure_does_not_fail_a_finished_load():
    task = {
        "Status": "stopped",
        "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED",
        "LastFailureMessage": "an earlier run could not connect",
    }
    tables = [{"SchemaName": "public", "TableName": "customers", "TableState": "Table completed"}]

    assert load_faults(ReplicationTask(None, task), tables) == []


def test_a_load_stopped_by_hand_is_a_failure():
    task = {"Status": "stopped", "StopReason": "Stop Reason NORMAL", "ReplicationTaskStats": {"TablesErrored": 0}}

    assert load_faults(ReplicationTask(None, task), []) == ["it is stopped (Stop Reason NORMAL)"]


def test_a_load_without_tables_is_a_failure():
    task = {"Status": "stopped", "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED"}

    assert load_faults(ReplicationTask(None, task), []) == ["it selected no table at the source"]


def test_a_serverless_load_waits_until_the_capacity_of_the_last_one_is_given_back(run, create_serverless, aws, schema):
    identifier = create_serverless()
    run(full_load(identifier))
    provision_state = "provisioned"
    while provision_state == "provisioned":
        filters = [{"Name": "replication-config-id", "Values": [identifier]}]
        (replication,) = aws("dms").describe_replications(Filters=filters)["Replications"]
        provision_state = replication["ProvisionData"]["ProvisionState"]
        time.sleep(0.2)

    assert run(full_load(identifier)) == {f"{schema}.customers": 2, f"{schema}.accounts": 3}


@pytest.mark.parametrize("status", ["created", "modifying", "stopping", "stopped", "failed", "deleting"])
def test_only_a_run_is_waited_for_as_a_serverless_load_under_way(status):
    assert not ServerlessReplication(None, {"Status": status}).is_active


def test_a_serverless_load_whose_rows_are_not_known_any_more_is_a_failure():
    replication = {
        "Status": "stopped",
        "StopReason": "Stop Reason FULL_LOAD_ONLY_FINISHED",
        "ProvisionData": {"ProvisionState": "deprovisioning"},
    }

    assert load_faults(ServerlessReplication(None, replication), []) == [
        "DMS has given back its capacity, and with it the rows of each table, before they were read"
    ]
