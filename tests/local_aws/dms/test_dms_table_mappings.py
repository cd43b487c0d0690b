"""Which tables a task takes and what they are called in the bucket."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.queues import queue_for


@pytest.fixture
def tables(execute):
    execute("CREATE SCHEMA sales")
    for table in ("orders", "orders_old", '"Items"', "sales.orders"):
        execute(f"CREATE TABLE {table} AS SELECT 1 AS id")


def folders(migration):
    keys = migration.keys()
    return {key.split("/", 1)[1].rsplit("/", 1)[0] for key in keys}


def test_percent_matches_any_characters(migration, tables):
    migration.load(migration.selection("ord%", schema="%"))
    assert folders(migration) == {"public/orders", "public/orders_old", "sales/orders"}


def test_exclude_wins_over_include(migration, tables):
    migration.load(migration.selection("%"), migration.selection("%_old", action="exclude"))
    assert folders(migration) == {"public/orders", "public/Items"}


def test_explicit_wins_over_exclude(migration, tables):
    migration.load(
        migration.selection("%"),
        migration.selection("orders%", action="exclude"),
        migration.selection("orders_old", action="explicit"),
    )
    assert folders(migration) == {"public/orders_old", "public/Items"}


def test_schema_and_table_are_renamed(migration, tables):
    migration.load(
        migration.selection("orders"),
        migration.transformation("rename", "schema", value="shop"),
        migration.transformation("rename", "table", table="orders", value="sales_orders"),
    )
    assert folders(migration) == {"shop/sales_orders"}


def test_names_are_converted_to_lower_case(migration, tables):
    migration.load(migration.selection("Items"), migration.transformation("convert-lowercase", "table"))
    assert folders(migration) == {"public/items"}


def test_a_named_table_that_does_not_exist_is_an_errored_table(migration, tables):
    task = migration.load(migration.selection("orders"), migration.selection("absent"))
    states = {name: table["TableState"] for name, table in migration.statistics(task["ReplicationTaskArn"]).items()}
    assert states == {"orders": "Table completed", "absent": "Table does not exist"}
    assert task["ReplicationTaskStats"]["TablesErrored"] == 1


def test_a_task_without_any_table_fails_and_eventbridge_is_told(migration, tables, aws):
    sqs, events = aws("sqs"), aws("events")
    queue = queue_for(sqs, "failed-loads", "events")
    pattern = {"source": ["aws.dms"], "detail": {"eventType": [{"suffix": "_FAILED"}]}}
    events.put_rule(Name="failed-loads", EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:failed-loads"}
    events.put_targets(Rule="failed-loads", Targets=[target])
    task = migration.run(migration.create_task(migration.selection("nothing%")))
    assert task["Status"] == "failed"
    assert "No tables were found" in task["LastFailureMessage"]
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    event = json.loads(message["Body"])
    assert event["resources"] == [task["ReplicationTaskArn"]]
    assert event["detail-type"] == "DMS Replication Task State Change"
    assert "No tables were found" in event["detail"]["detailMessage"]
    events.disable_rule(Name="failed-loads")


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"rule-type": "table-settings"}, "table-settings"),
        ({"rule-type": "transformation", "rule-action": "add-prefix", "rule-target": "table"}, "add-prefix"),
        ({"rule-type": "transformation", "rule-action": "rename", "rule-target": "column"}, "column"),
        ({"rule-type": "selection", "rule-action": "include", "filters": [{"column-name": "id"}]}, "filters"),
    ],
)
def test_an_unsupported_rule_is_refused_by_name(migration, tables, rule, named):
    rule |= {"rule-id": "2", "object-locator": {"schema-name": "%", "table-name": "%"}}
    with pytest.raises(ClientError, match=named) as refusal:
        migration.create_task(migration.selection("%"), rule)
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValueException"
