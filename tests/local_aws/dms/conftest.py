"""A source database, a bucket and the DMS resources between them, for each test its own."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient
from psycopg2 import sql
from psycopg2.extensions import connection as PostgresConnection  # noqa: N812
from psycopg2.extensions import make_dsn

WAIT_SECONDS = 60
TERMINAL_STATUSES = {"stopped", "failed"}


@dataclass
class Migration:
    """DMS at an endpoint, with an instance, a source and a bucket."""

    dms: BaseClient
    s3: BaseClient
    bucket: str
    buckets_directory: Path
    source: dict[str, Any]
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:
        instance = self.dms.create_replication_instance(
            ReplicationInstanceIdentifier=f"instance-{self.name}", ReplicationInstanceClass="dms.t3.medium"
        )
        self.instance_arn = instance["ReplicationInstance"]["ReplicationInstanceArn"]

    @staticmethod
    def selection(table: str, schema: str = "public", action: str = "include", **more: Any) -> dict[str, Any]:
        locator = {"schema-name": schema, "table-name": table}
        return {"rule-type": "selection", "rule-id": "1", "rule-action": action, "object-locator": locator, **more}

    @staticmethod
    def transformation(action: str, target: str, table: str = "%", **more: Any) -> dict[str, Any]:
        locator = {"schema-name": "%", "table-name": table}
        rule = {"rule-type": "transformation", "rule-id": "9", "rule-action": action, "rule-target": target}
        return rule | {"object-locator": locator} | more

    def endpoint(self, **values: Any) -> str:
        identifier = f"endpoint-{uuid.uuid4().hex[:12]}"
        return self.dms.create_endpoint(EndpointIdentifier=identifier, **values)["Endpoint"]["EndpointArn"]

    def source_endpoint(self, **settings: Any) -> str:
        return self.endpoint(EndpointType="source", **self.source | settings)

    def target_endpoint(self, **settings: Any) -> str:
        s3_settings = {"BucketName": self.bucket, "BucketFolder": "raw", "DataFormat": "parquet", **settings}
        return self.endpoint(EndpointType="target", EngineName="s3", S3Settings=s3_settings)

    def test_connection(self, endpoint_arn: str, instance_arn: str | None = None) -> dict[str, Any]:
        self.dms.test_connection(ReplicationInstanceArn=instance_arn or self.instance_arn, EndpointArn=endpoint_arn)
        return self.ended_test(endpoint_arn)

    def ended_test(self, endpoint_arn: str) -> dict[str, Any]:
        filters = [{"Name": "endpoint-arn", "Values": [endpoint_arn]}]

        def ended() -> dict[str, Any] | None:
            [connection] = self.dms.describe_connections(Filters=filters)["Connections"]
            return connection if connection["Status"] != "testing" else None

        return self.wait(ended)

    def create_task(
        self,
        *rules: dict[str, Any],
        source: dict[str, Any] | None = None,
        target: dict[str, Any] | None = None,
        **settings: Any,
    ) -> str:
        """A task whose connections were tested, whatever came out."""
        task = self.dms.create_replication_task(
            ReplicationTaskIdentifier=f"task-{uuid.uuid4().hex[:12]}",
            SourceEndpointArn=self.source_endpoint(**source or {}),
            TargetEndpointArn=self.target_endpoint(**target or {}),
            ReplicationInstanceArn=self.instance_arn,
            MigrationType="full-load",
            TableMappings=json.dumps({"rules": list(rules)}),
            ReplicationTaskSettings=json.dumps(settings),
        )
        task_arn = task["ReplicationTask"]["ReplicationTaskArn"]
        self.test_connections(task_arn)
        return task_arn

    def test_connections(self, task_arn: str) -> None:
        """Test both connections of a task; whatever comes out."""
        task = self.task(task_arn)
        for endpoint_arn in (task["SourceEndpointArn"], task["TargetEndpointArn"]):
            self.test_connection(endpoint_arn, task["ReplicationInstanceArn"])

    def start(self, task_arn: str, start_type: str = "start-replication") -> None:
        self.dms.start_replication_task(ReplicationTaskArn=task_arn, StartReplicationTaskType=start_type)

    def task(self, task_arn: str) -> dict[str, Any]:
        filters = [{"Name": "replication-task-arn", "Values": [task_arn]}]
        return self.dms.describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]

    def wait(self, is_done: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + WAIT_SECONDS
        while not (result := is_done()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done after {WAIT_SECONDS} s")
            time.sleep(0.05)
        return result

    def ended(self, task_arn: str) -> dict[str, Any]:
        def ended_task() -> dict[str, Any] | None:
            task = self.task(task_arn)
            return task if task["Status"] in TERMINAL_STATUSES else None

        return self.wait(ended_task)

    def run(self, task_arn: str, start_type: str = "start-replication") -> dict[str, Any]:
        self.start(task_arn, start_type)
        return self.ended(task_arn)

    def load(self, *rules: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Create and run a task; it must finish."""
        task = self.run(self.create_task(*rules, **options))
        assert task.get("LastFailureMessage") is None
        assert task["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
        return task

    def statistics(self, task_arn: str, **options: Any) -> dict[str, dict[str, Any]]:
        answer = self.dms.describe_table_statistics(ReplicationTaskArn=task_arn, **options)
        return {table["TableName"]: table for table in answer["TableStatistics"]}

    def warnings_of(self, logs: BaseClient, task: dict[str, Any]) -> list[str]:
        """Waits for warnings in the task's log; what they say after the time."""
        group, stream = f"dms-tasks-instance-{self.name}", f"dms-task-{task['ReplicationTaskIdentifier']}"

        def messages() -> list[str]:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
            return [event["message"].partition(" ")[2] for event in events if "] W: " in event["message"]]

        return self.wait(messages)

    def keys(self, prefix: str = "") -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", [])]

    def read(self, schema_and_table: str) -> pa.Table:
        """What a folder below raw/ holds, file by file in the order of their names."""
        paths = [self.buckets_directory / self.bucket / key for key in self.keys(f"raw/{schema_and_table}/")]
        return pa.concat_tables(pq.read_table(path, partitioning=None) for path in paths)


@pytest.fixture
def bucket(aws: Callable[..., BaseClient]) -> str:
    name = f"lake-{uuid.uuid4().hex[:12]}"
    aws("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def database(postgres_dsn: str) -> Iterator[PostgresConnection]:
    """A connection in autocommit to a database of the test's own."""
    name = f"source_{uuid.uuid4().hex[:12]}"
    maintenance = psycopg2.connect(postgres_dsn)
    maintenance.autocommit = True
    with maintenance.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    connection = psycopg2.connect(make_dsn(postgres_dsn, dbname=name))
    connection.autocommit = True
    yield connection
    connection.close()
    with maintenance.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    maintenance.close()


@pytest.fixture
def execute(database: PostgresConnection) -> Callable[..., list[tuple]]:
    """Run a statement in the source database."""

    def run(statement: str, *parameters: Any) -> list[tuple]:
        with database.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def migration(
    aws: Callable[..., BaseClient], aws_endpoint: Any, bucket: str, database: PostgresConnection
) -> Migration:
    """From the test's PostgreSQL database to its bucket."""
    server = database.info
    source = {
        "EngineName": "postgres",
        "ServerName": server.host,
        "Port": server.port,
        "Username": server.user,
        "Password": server.password,
        "DatabaseName": server.dbname,
    }
    return Migration(aws("dms"), aws("s3"), bucket, aws_endpoint.data_directory / "s3", source)


@pytest.fixture
def mongo_server(mongo_uri: str) -> dict[str, Any]:
    address = urlsplit(mongo_uri)
    return {"ServerName": address.hostname, "Port": address.port}
