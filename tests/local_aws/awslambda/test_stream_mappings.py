"""Event source mappings of Kinesis and DynamoDB streams: batches, order, failures."""

import json
import time

import pytest

from tests.local_aws.awslambda.conftest import Queues, archive, wait_for
from tests.local_aws.refusals import error_code
from tests.roles import make_role

# Tells a queue of each batch that it was given, then fails on data that begins with "bad".
NOTING = (
    "import base64, boto3, json, os\n"
    "sqs = boto3.client('sqs')\n"
    "def handler(event, context):\n"
    "    items = [(one['kinesis']['partitionKey'], base64.b64decode(one['kinesis']['data']).decode())\n"
    "             for one in event['Records']]\n"
    "    sqs.send_message(QueueUrl=os.environ['NOTES'], MessageBody=json.dumps(items))\n"
    "    bad = [one['kinesis']['sequenceNumber'] for one, item in zip(event['Records'], items)\n"
    "           if item[1].startswith('bad')]\n"
    "    if os.environ.get('REPORTS'):\n"
    "        return {'batchItemFailures': [{'itemIdentifier': number} for number in bad]}\n"
    "    if bad:\n"
    "        raise ValueError('a bad record')\n"
)


class Mapped:
    """A stream, and a function that is mapped to it and notes its batches."""

    def __init__(self, functions, name, shards=1, reports=False):
        self.functions, self.queues = functions, Queues(functions.endpoint)
        self.kinesis, self.name = functions.endpoint.client("kinesis"), name
        self.kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        self.stream_arn = self.kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
        self.notes, _ = self.queues.create(f"notes-of-{name}")
        variables = {"NOTES": self.notes} | ({"REPORTS": "1"} if reports else {})
        self.functions.create(name, NOTING, Environment={"Variables": variables}, Timeout=30)
        self.received = []

    def map(self, **settings):
        request = {"StartingPosition": "TRIM_HORIZON", "EventSourceArn": self.stream_arn} | settings
        return self.functions.client.create_event_source_mapping(FunctionName=self.name, **request)["UUID"]

    def put(self, *items):
        """Texts, or pairs of a key and a text."""
        records = [item if isinstance(item, tuple) else ("key", item) for item in items]
        for first in range(0, len(records), 100):
            chunk = [{"PartitionKey": key, "Data": data.encode()} for key, data in records[first : first + 100]]
            assert not self.kinesis.put_records(StreamName=self.name, Records=chunk)["FailedRecordCount"]

    def batches(self, are_enough):
        """All batches that the function was given until now, when they are enough."""

        def found():
            self.received += [json.loads(message["Body"]) for message in self.queues.receive(self.notes)]
            return are_enough(self.received)

        wait_for(found, 40)
        return self.received


def texts(batches):
    return [text for batch in batches for _, text in batch]


@pytest.fixture
def mapped(functions):
    """A mapping of the test's own; it is deleted after the test."""
    made = []

    def make(name, **options):
        made.append(Mapped(functions, name, **options))
        return made[-1]

    yield make
    for one in made:
        for mapping in one.functions.client.list_event_source_mappings(EventSourceArn=one.stream_arn)[
            "EventSourceMappings"
        ]:
            one.functions.client.delete_event_source_mapping(UUID=mapping["UUID"])
        one.kinesis.delete_stream(StreamName=one.name)


def test_records_come_in_order_in_batches_of_the_size(mapped):
    stream = mapped("ordered")
    numbers = [str(number) for number in range(250)]
    stream.put(*numbers)
    uuid = stream.map(BatchSize=100)
    batches = stream.batches(lambda found: len(texts(found)) >= 250)
    assert texts(batches) == numbers
    assert max(map(len, batches)) == 100
    mapping = stream.functions.client.get_event_source_mapping(UUID=uuid)
    assert (mapping["State"], mapping["BatchSize"], mapping["StartingPosition"]) == ("Enabled", 100, "TRIM_HORIZON")


def test_new_record_is_invoked_at_once_and_latest_leaves_out_what_was_there(mapped):
    stream = mapped("latest")
    stream.put("before")
    stream.map(StartingPosition="LATEST")
    began = time.monotonic()
    stream.put("after")
    assert texts(stream.batches(lambda found: found)) == ["after"]
    assert time.monotonic() - began < 15


def test_window_gathers_records(mapped):
    stream = mapped("window")
    stream.map(MaximumBatchingWindowInSeconds=2, BatchSize=50)
    for number in range(5):
        stream.put(str(number))
        time.sleep(0.1)
    assert len(stream.batches(lambda found: len(texts(found)) == 5)) == 1


def test_failed_item_is_tried_again_with_what_follows_it(mapped):
    stream = mapped("partial", reports=True)
    stream.put("a", "b", "bad", "c")
    stream.map(FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    batches = stream.batches(lambda found: len(found) >= 3)
    assert [[text for _, text in batch] for batch in batches[:3]] == [
        ["a", "b", "bad", "c"],
        ["bad", "c"],
        ["bad", "c"],
    ]


def test_bad_record_is_isolated_given_up_and_told_of(mapped):
    stream = mapped("isolated")
    told, told_arn = stream.queues.create("told-of-isolated")
    stream.put("a", "b", "bad", "c")
    stream.map(
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": told_arn}},
    )
    stream.put("d")
    batches = stream.batches(
        lambda found: any("d" in texts([batch]) and "bad" not in texts([batch]) for batch in found)
    )
    halves = [[text for _, text in batch] for batch in batches]
    assert halves[:1] in ([["a", "b", "bad", "c"]], [["a", "b", "bad", "c", "d"]])
    assert halves.count(["bad"]) == 2
    assert {"a", "b", "c", "d"} <= set(texts(batches))
    messages = []
    wait_for(lambda: messages.extend(stream.queues.receive(told)) or messages)
    record = json.loads(messages[0]["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = record["KinesisBatchInfo"]
    assert (info["batchSize"], info["streamArn"]) == (1, stream.stream_arn)
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    iterator = stream.kinesis.get_shard_iterator(
        StreamName=stream.name,
        ShardId=info["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=info["startSequenceNumber"],
    )["ShardIterator"]
    assert stream.kinesis.get_records(ShardIterator=iterator, Limit=1)["Records"][0]["Data"] == b"bad"


def test_shard_that_is_read_in_parallel_keeps_the_order_of_each_key(mapped):
    stream = mapped("parallel")
    items = [(f"key{number % 7}", str(number)) for number in range(210)]
    stream.put(*items)
    stream.map(ParallelizationFactor=4, BatchSize=20)
    batches = stream.batches(lambda found: len(texts(found)) >= 210)
    for key in {key for key, _ in items}:
        got = [text for batch in batches for one, text in batch if one == key]
        assert got == [text for one, text in items if one == key]


def test_filter_lets_through_what_it_names(mapped):
    stream = mapped("filtered")
    stream.put(*(json.dumps({"kind": kind}) for kind in ("trade", "ping", "trade")))
    stream.map(FilterCriteria={"Filters": [{"Pattern": json.dumps({"data": {"kind": ["trade"]}})}]})
    stream.put(json.dumps({"kind": "trade", "last": True}))
    found = texts(stream.batches(lambda found: any("last" in text for text in texts(found))))
    assert [json.loads(text)["kind"] for text in found] == ["trade"] * 3


def test_disabled_mapping_goes_on_where_it_was(mapped):
    stream = mapped("disabled")
    uuid = stream.map()
    stream.put("a")
    stream.batches(lambda found: texts(found) == ["a"])
    client = stream.functions.client
    assert client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Updating"
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    time.sleep(1.5)
    stream.put("b")
    time.sleep(1)
    assert texts(stream.batches(bool)) == ["a"]
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert texts(stream.batches(lambda found: len(texts(found)) >= 2)) == ["a", "b"]
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert error_code(client.get_event_source_mapping, UUID=uuid) == "ResourceNotFoundException"


def test_mapping_whose_role_loses_a_right_reads_on_when_it_is_back(mapped, functions):
    stream = mapped("rights")
    iam = functions.endpoint.client("iam")
    functions.client.update_function_configuration(FunctionName="rights", Role=make_role(iam, "rights"))
    uuid = stream.map()
    stream.put("a")
    stream.batches(lambda found: texts(found) == ["a"])
    statement = {"Effect": "Deny", "Action": "kinesis:GetRecords", "Resource": "*"}
    denied = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(RoleName="rights", PolicyName="denied", PolicyDocument=json.dumps(denied))
    described = functions.client.get_event_source_mapping
    wait_for(lambda: "kinesis:GetRecords" in described(UUID=uuid)["LastProcessingResult"])
    stream.put("b")
    time.sleep(1)
    assert texts(stream.batches(bool)) == ["a"]
    iam.delete_role_policy(RoleName="rights", PolicyName="denied")
    assert texts(stream.batches(lambda found: len(texts(found)) >= 2)) == ["a", "b"]


def test_shards_of_a_split_are_read_after_their_parent(mapped):
    stream = mapped("split")
    before = [(f"key{number}", f"before {number}") for number in range(30)]
    stream.put(*before)
    shard = stream.kinesis.list_shards(StreamName="split")["Shards"][0]["ShardId"]
    stream.kinesis.split_shard(StreamName="split", ShardToSplit=shard, NewStartingHashKey=str(2**127))
    stream.kinesis.get_waiter("stream_exists").wait(StreamName="split", WaiterConfig={"Delay": 1})
    stream.put(*((key, text.replace("before", "after")) for key, text in before))
    stream.map()
    found = texts(stream.batches(lambda found: len(texts(found)) >= 60))
    assert sorted(found[:30]) == sorted(text for _, text in before)
    assert all(text.startswith("after") for text in found[30:])


def test_stream_that_was_deleted_and_made_again_is_read_from_its_beginning(mapped):
    stream = mapped("made-again")
    stream.map(BatchSize=10)
    stream.put("before")
    stream.batches(lambda batches: texts(batches) == ["before"])
    stream.kinesis.delete_stream(StreamName=stream.name)
    stream.kinesis.create_stream(StreamName=stream.name, ShardCount=2)
    stream.kinesis.get_waiter("stream_exists").wait(StreamName=stream.name, WaiterConfig={"Delay": 1})
    stream.put(("a", "after"), ("b", "after"), ("c", "after"))
    assert texts(stream.batches(lambda batches: len(texts(batches)) >= 4)) == ["before", "after", "after", "after"]


def test_batch_whose_worker_is_killed_comes_again(mapped, tmp_path):
    stream = mapped("worker-killed")
    killing = (
        "import os, pathlib, signal\n"
        f"mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    handler = lambda event, context: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    stream.functions.client.update_function_code(
        FunctionName="worker-killed", ZipFile=archive({"app.py": NOTING + killing})
    )
    stream.put("a", "b")
    stream.map()
    assert texts(stream.batches(lambda found: len(texts(found)) >= 2)) == ["a", "b"]
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"StartingPosition": None}, "InvalidParameterValueException"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "InvalidParameterValueException"),
        ({"BatchSize": 10_001}, "ValidationException"),
        ({"ParallelizationFactor": 11}, "ValidationException"),
        ({"MaximumRecordAgeInSeconds": 30}, "InvalidParameterValueException"),
        ({"TumblingWindowInSeconds": 30}, "NotImplemented"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "InvalidParameterValueException"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "no pattern"}]}}, "InvalidParameterValueException"),
        ({"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/none"}, "InvalidParameterValueException"),
        ({"EventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/none"}, "NotImplemented"),
        ({"FunctionName": "nobody"}, "InvalidParameterValueException"),
    ],
)
def test_mapping_that_lambda_would_refuse_is_refused(functions, lambda_endpoint, settings, code):
    kinesis = lambda_endpoint.client("kinesis")
    if "refusing" not in kinesis.list_streams()["StreamNames"]:
        kinesis.create_stream(StreamName="refusing", ShardCount=1)
        functions.create("refusing", NOTING)
    request = {
        "FunctionName": "refusing",
        "StartingPosition": "LATEST",
        "EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/refusing",
    } | settings
    request = {name: value for name, value in request.items() if value is not None}
    assert error_code(functions.client.create_event_source_mapping, **request) == code


def test_changes_of_a_table_come_in_order(functions, queues, lambda_endpoint):
    dynamodb = lambda_endpoint.client("dynamodb")
    table = dynamodb.create_table(
        TableName="changing",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    notes, _ = queues.create("notes-of-changing")
    source = (
        "import boto3, json, os\n"
        "def handler(event, context):\n"
        "    changes = [[one['eventName'], one['eventSource'], one['dynamodb'].get('NewImage', {}).get('n')]\n"
        "               for one in event['Records']]\n"
        "    boto3.client('sqs').send_message(QueueUrl=os.environ['NOTES'], MessageBody=json.dumps(changes))\n"
    )
    functions.create("changing", source, Environment={"Variables": {"NOTES": notes}}, Timeout=30)
    uuid = functions.client.create_event_source_mapping(
        FunctionName="changing", EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON"
    )["UUID"]
    for number in ("1", "2"):
        dynamodb.put_item(TableName="changing", Item={"id": {"S": "a"}, "n": {"N": number}})
    dynamodb.delete_item(TableName="changing", Key={"id": {"S": "a"}})
    changes = []

    def found():
        for message in queues.receive(notes):
            changes.extend(json.loads(message["Body"]))
        return len(changes) >= 3

    wait_for(found)
    assert changes == [
        ["INSERT", "aws:dynamodb", {"N": "1"}],
        ["MODIFY", "aws:dynamodb", {"N": "2"}],
        ["REMOVE", "aws:dynamodb", None],
    ]
    functions.client.delete_event_source_mapping(UUID=uuid)
