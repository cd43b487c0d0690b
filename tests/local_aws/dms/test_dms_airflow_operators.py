"""The Amazon provider's operators and sensor of DMS: a task is made, started, awaited and deleted."""

import json

import pytest
from airflow.providers.amazon.aws.operators.dms import (
    DmsCreateTaskOperator,
    DmsDeleteTaskOperator,
    DmsDescribeTasksOperator,
    DmsStartTaskOperator,
)
from airflow.providers.amazon.aws.sensors.dms import DmsTaskCompletedSensor

from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.clients.airflow_tasks import run


@pytest.fixture(autouse=True)
def airflow_environment(aws_endpoint, monkeypatch):
    for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
        monkeypatch.setenv(name, value)


def test_a_full_load_by_operators(migration, execute):
    execute("CREATE TABLE prices (id int PRIMARY KEY, symbol text)")
    execute("INSERT INTO prices VALUES (1, 'AAA'), (2, 'BBB')")
    source, target = migration.source_endpoint(), migration.target_endpoint()
    for endpoint in (source, target):
        migration.test_connection(endpoint)
    name = f"load-{migration.name}"
    found = {"Filters": [{"Name": "replication-task-id", "Values": [name]}]}

    task_arn = run(
        DmsCreateTaskOperator(
            task_id="create",
            replication_task_id=name,
            source_endpoint_arn=source,
            target_endpoint_arn=target,
            replication_instance_arn=migration.instance_arn,
            table_mappings={"rules": [migration.selection("prices") | {"rule-name": "prices"}]},
        )
    )
    run(DmsStartTaskOperator(task_id="start", replication_task_arn=task_arn))
    run(DmsTaskCompletedSensor(task_id="wait", replication_task_arn=task_arn, poke_interval=0.2, timeout=60))

    _, [task] = run(DmsDescribeTasksOperator(task_id="describe", describe_tasks_kwargs=found))
    assert task["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert json.loads(task["TableMappings"])["rules"][0]["rule-name"] == "prices"
    assert migration.read("public/prices").column("symbol").to_pylist() == ["AAA", "BBB"]
    run(DmsDeleteTaskOperator(task_id="delete", replication_task_arn=task_arn))
    with pytest.raises(migration.dms.exceptions.ResourceNotFoundFault):
        migration.dms.describe_replication_tasks(Filters=found["Filters"])
