"""Each alarm of monitoring.yaml rings when what it watches breaks, and docs/operations.md tells what to do."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
import requests
from lakehouse.arrivals import COUNTS, summarize
from lakehouse.reconciliation.audit_log import Reconciliation, send_metrics
from lakehouse.reconciliation.hops import Fingerprint, TableReconciliation
from lakehouse_aws.market_data.manifest import WriteIngestManifestOperator
from lakehouse_aws.metrics import MetricsHook, metric, values_metric

from lakehouse_contract.datasets import DATASETS
from local_aws.cloudwatch.store import MetricStore, Point, Series
from producers.trades.counts import Counts
from tests.airflow_support import AIRFLOW_ENVIRONMENT
from tests.conftest import Endpoint
from tests.local_aws.refusals import error_code
from tests.queues import queue_for
from tests.roles import make_role

REPOSITORY = Path(__file__).parents[2]
TEMPLATE = REPOSITORY / "infra/monitoring.yaml"
PREFIX = "lakehouse-test-"
PATIENCE_SECONDS = 30
# One function and one API stand for those of the trades and of the web dashboard.
FUNCTION = "watched-function"
PARAMETERS = {
    "EnvironmentName": "test",
    "AirflowEnvironment": "lakehouse-test",
    "TradesStreamName": "watched-trades",
    "TradesToDynamodbFunctionName": FUNCTION,
    "TradesApiFunctionName": FUNCTION,
    "DashboardApiFunctionName": FUNCTION,
    "TradesTableName": "watched-trades",
    "TradeBarsTableName": "watched-trade-bars",
    "RefusedTradesQueueName": "watched-refused-trades",
    "FailedTradeBatchesQueueName": "watched-failed-trade-batches",
    "DailyGrowthBytes": "1048576",
    "SlowApiMilliseconds": "10",
}
ALARM_NAMES = re.findall(r"AlarmName: !Sub lakehouse-\$\{EnvironmentName\}-([\w-]+)", TEMPLATE.read_text())
RULE_NAMES = re.findall(r" Name: !Sub lakehouse-\$\{EnvironmentName\}-([\w-]+)", TEMPLATE.read_text())


class Watched:
    """An endpoint with the stack, and what its topic has told."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        sns, sqs = endpoint.client("sns"), endpoint.client("sqs")
        self.topic = sns.create_topic(Name="lakehouse-alerts")["TopicArn"]
        self.queue = queue_for(sqs, "alerts", "sns")
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:alerts")
        self.messages: list[dict[str, Any]] = []

    def deploy(self, api_id: str) -> None:
        apis = {"TradesApiId": api_id, "DashboardApiId": api_id}
        parameters = PARAMETERS | apis | {"AlertsTopicArn": self.topic}
        cloudformation = self.endpoint.client("cloudformation")
        cloudformation.create_stack(
            StackName="monitoring",
            TemplateBody=TEMPLATE.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        (stack,) = cloudformation.describe_stacks(StackName="monitoring")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")

    def wait_for(self, is_there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is as wanted."""
        sqs = self.endpoint.client("sqs")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := next(filter(is_there, self.messages), None):
                return found
            received = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
            for message in received:
                self.messages.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            if not received:
                time.sleep(0.1)
        raise AssertionError(f"not told: {[message['Message'][:80] for message in self.messages]}")

    def alarm_message(self, name: str) -> dict[str, Any]:
        subject = f'ALARM: "{PREFIX}{name}"'
        return json.loads(self.wait_for(lambda message: message.get("Subject", "").startswith(subject))["Message"])


@pytest.fixture(scope="module")
def watched(start_endpoint, tmp_path_factory) -> Iterator[Watched]:
    """The stack on an endpoint of its own, where everything that it watches is broken; Airflow has never been there."""
    with start_endpoint(tmp_path_factory.mktemp("watched")) as endpoint, pytest.MonkeyPatch.context() as environment:
        for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": endpoint.url}).items():
            environment.setenv(name, value)
        watched = Watched(endpoint)
        function = failing_function(endpoint)
        api = endpoint.client("apigatewayv2").create_api(Name="watched", ProtocolType="HTTP", Target=function)
        watched.deploy(api["ApiId"])
        break_everything(endpoint)
        fail_a_request(endpoint, api["ApiEndpoint"])
        yield watched


def break_everything(endpoint: Endpoint) -> None:
    for dataset in ("star_schema", "market_data", "sales"):
        lose_rows_after_hours(dataset)
    for dataset in ("stock_prices", "sales"):
        published = dict.fromkeys(COUNTS.values(), 0) | {"quarantined": 2, "seconds": 20_000}
        summarize.function(published, dataset)
    MetricsHook().send([metric("DifferentBars", 1, Dataset="trades")])
    MetricsHook().send(values_metric("MarketDataAnswerSeconds", [0.1, 0.2, 30.0], "Seconds"))
    manifest = WriteIngestManifestOperator(task_id="manifest", bucket="raw", ingest={}, batches=[], instruments=[])
    manifest._send(answered=3, missing=1000)
    grow(yesterday=10, today=10 << 20)
    fail_a_job(endpoint)
    truncate_a_value(endpoint)
    fall_behind(endpoint)
    overrun_the_stream(endpoint)
    for queue in ("RefusedTradesQueueName", "FailedTradeBatchesQueueName"):
        url = endpoint.client("sqs").create_queue(QueueName=PARAMETERS[queue])["QueueUrl"]
        endpoint.client("sqs").send_message(QueueUrl=url, MessageBody="refused")
    overrun_the_table(endpoint)
    publish_as_lambda_does(endpoint)


def lose_rows_after_hours(dataset: str) -> None:
    lost = TableReconciliation("lost", 6, 5, 5, 0, None, Fingerprint(5), None)
    now = datetime.now(UTC)
    send_metrics(Reconciliation("dag", "run", "published_jr_1", now, [lost], dataset, now - timedelta(hours=9)))


def grow(yesterday: int, today: int) -> None:
    before = datetime.now(UTC) - timedelta(days=1)
    for at, size in ((before, yesterday), (None, today)):
        MetricsHook().send([metric("StorageBytes", size, "Bytes", at=at, Zone="analytics")])


def fail_a_job(endpoint: Endpoint) -> None:
    glue = endpoint.client("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://no-such-bucket/script.py", "PythonVersion": "3"}
    role = "arn:aws:iam::123456789012:role/glue"
    glue.create_job(Name="transform-to-star-schema", Role=role, Command=command, GlueVersion="5.1")
    glue.start_job_run(JobName="transform-to-star-schema")


def truncate_a_value(endpoint: Endpoint) -> None:
    logs, group = endpoint.client("logs"), {"logGroupName": "dms-tasks-lakehouse"}
    logs.create_log_stream(logStreamName="task", **group)
    line = "Value of column 'note' in table 'public.customers' was truncated to 65536 bytes, actual length: 70000 bytes"
    event = {"timestamp": int(time.time() * 1000), "message": line}
    logs.put_log_events(logStreamName="task", logEvents=[event], **group)


def fall_behind(endpoint: Endpoint) -> None:
    """The producer's own counts."""
    client = endpoint.client("cloudwatch")

    async def put_metric_data(**request: Any) -> None:
        client.put_metric_data(**request)

    counts = Counts()
    counts.add("Dropped", 5)
    asyncio.run(counts.publish(SimpleNamespace(put_metric_data=put_metric_data), buffered=9, seconds_behind=600.0))


def overrun_the_stream(endpoint: Endpoint) -> None:
    """A shard takes a megabyte a second, and this is one request."""
    kinesis, stream = endpoint.client("kinesis"), PARAMETERS["TradesStreamName"]
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    records = [{"Data": b"trade" * 180_000, "PartitionKey": "ALBA"}] * 5
    assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] > 0


def overrun_the_table(endpoint: Endpoint) -> None:
    """A table with one unit of writing takes a kilobyte a second, and what it has saved up of them."""
    dynamodb, table = endpoint.client("dynamodb"), PARAMETERS["TradeBarsTableName"]
    dynamodb.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "symbol", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "symbol", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    item = {"symbol": {"S": "ALBA"}, "bar": {"S": "x" * 100_000}}
    with suppress(dynamodb.exceptions.ProvisionedThroughputExceededException):
        for _ in range(20):
            dynamodb.put_item(TableName=table, Item=item)


def fail_a_request(endpoint: Endpoint, url: str) -> None:
    """The function raises, so the API has no answer; then the function is not started any more."""
    assert requests.get(f"{url}/", timeout=60).status_code >= 500
    functions = endpoint.client("lambda")
    functions.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)
    assert error_code(functions.invoke, FunctionName=FUNCTION) == "TooManyRequestsException"


def publish_as_lambda_does(endpoint: Endpoint) -> None:
    """A record that has waited for ten minutes cannot be had in seconds: what Lambda publishes then."""
    series = Series("123456789012", "us-east-1", "AWS/Lambda", "IteratorAge", (("FunctionName", FUNCTION),))
    store = MetricStore(endpoint.data_directory / "state/metrics.sqlite")
    store.put([(series, Point(int(time.time()), "Milliseconds", 600_000, 600_000, 600_000, 1))])


def failing_function(endpoint: Endpoint) -> str:
    """The ARN of a function that raises."""
    role = make_role(endpoint.client("iam"), "watched")
    archive = BytesIO()
    with ZipFile(archive, "w") as file:
        file.writestr("failing.py", "def handler(event, context):\n    raise ValueError('broken')\n")
    functions = endpoint.client("lambda")
    arn = functions.create_function(
        FunctionName=FUNCTION,
        Runtime="python3.12",
        Handler="failing.handler",
        Role=role,
        Timeout=30,
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=FUNCTION,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    return arn


@pytest.mark.parametrize("name", ALARM_NAMES)
def test_alarm_rings_and_its_message_reaches_the_topic(watched, name):
    message = watched.alarm_message(name)
    assert (message["NewStateValue"], message["OldStateValue"]) in {("ALARM", "OK"), ("ALARM", "INSUFFICIENT_DATA")}
    assert message["AlarmDescription"]


def test_a_failed_job_reaches_the_topic_in_a_sentence(watched):
    told = watched.wait_for(lambda message: "transform-to-star-schema ended FAILED" in message["Message"])
    assert "no-such-bucket" in told["Message"]


def test_a_run_that_is_well_ends_an_alarm(watched):
    """Nobody is told of rows that are lost when the next run has all of them, and somebody that it ran."""
    watched.alarm_message("no-successful-run")
    sound = TableReconciliation("sound", 5, 5, 5, 0, None, Fingerprint(5), None)
    now = datetime.now(UTC)
    send_metrics(Reconciliation("dag", "run", "published_jr_2", now, [sound], "star_schema", now))
    subject = f'OK: "{PREFIX}no-successful-run"'
    watched.wait_for(lambda message: message.get("Subject", "").startswith(subject))


def test_every_alarm_and_rule_has_its_meaning_and_its_mend_in_the_docs():
    operations = (REPOSITORY / "docs/operations.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \| (.+) \|$", operations.split("## Alarms")[1].split("\n## ")[0], re.M)
    told = {name for name, meaning, mend in rows if meaning.strip() and mend.strip()}
    assert told == {*ALARM_NAMES, *RULE_NAMES}


def test_template_fits_into_a_request():
    assert TEMPLATE.stat().st_size < 51_200


def test_dashboards_show_every_alarm():
    text = TEMPLATE.read_text()
    alarms = set(re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", text, re.M))
    shown = set(re.findall(r'"\$\{(\w+)\.Arn\}"', text))
    assert alarms == shown


def test_every_dataset_has_an_alarm_of_its_own():
    watched = set(re.findall(r"\{Name: Dataset, Value: (\w+)\}", TEMPLATE.read_text()))
    assert watched >= {dataset.name for dataset in DATASETS}
