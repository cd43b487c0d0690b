"""Event source mappings of SQS queues."""

import json

from tests.local_aws.awslambda.conftest import wait_for
from tests.local_aws.refusals import error_code

# Tells a queue of each message that it was given, with the count of its receptions, and reports those that are bad.
NOTING = (
    "import boto3, json, os\n"
    "sqs = boto3.client('sqs')\n"
    "def handler(event, context):\n"
    "    for one in event['Records']:\n"
    "        note = [one['body'], one['attributes']['ApproximateReceiveCount'], len(event['Records']),\n"
    "                {name: value['stringValue'] for name, value in one['messageAttributes'].items()}]\n"
    "        sqs.send_message(QueueUrl=os.environ['NOTES'], MessageBody=json.dumps(note))\n"
    "    return {'batchItemFailures': [{'itemIdentifier': one['messageId']} for one in event['Records']\n"
    "                                  if one['body'].startswith('bad')]}\n"
)


def set_up(functions, queues, name, **attributes):
    """The queue's URL and a function that gives the notes so far, when they are enough."""
    url, arn = queues.create(name, **attributes)
    notes, _ = queues.create(f"notes-of-{name}")
    functions.create(name, NOTING, Environment={"Variables": {"NOTES": notes}}, Timeout=3 if attributes else 20)
    # A worker that is there already: its start is no part of the messages' visibility.
    functions.invoke(name, {"Records": []})
    received = []

    def collect(are_enough):
        wait_for(
            lambda: received.extend(json.loads(one["Body"]) for one in queues.receive(notes)) or are_enough(received)
        )
        return received

    return url, arn, collect


def left(queues, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = queues.client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(answer[name]) for name in names)


def test_messages_are_deleted_when_the_function_has_had_them(functions, queues):
    url, arn, collect = set_up(functions, queues, "taken-messages")
    uuid = functions.client.create_event_source_mapping(
        FunctionName="taken-messages", EventSourceArn=arn, BatchSize=20, MaximumBatchingWindowInSeconds=1
    )["UUID"]
    color = {"color": {"DataType": "String", "StringValue": "blue"}}
    for number in range(12):
        queues.client.send_message(QueueUrl=url, MessageBody=str(number), MessageAttributes=color)
    notes = collect(lambda found: len(found) >= 12)
    assert sorted(int(note[0]) for note in notes) == list(range(12))
    assert {(note[1], note[3]["color"]) for note in notes} == {("1", "blue")}
    assert max(note[2] for note in notes) > 1
    wait_for(lambda: left(queues, url) == 0)
    functions.client.delete_event_source_mapping(UUID=uuid)


def test_failed_message_comes_again_and_ends_in_the_dead_letter_queue(functions, queues):
    dead, dead_arn = queues.create("dead-messages")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn, collect = set_up(functions, queues, "bad-messages", VisibilityTimeout="3", RedrivePolicy=redrive)
    uuid = functions.client.create_event_source_mapping(
        FunctionName="bad-messages", EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )["UUID"]
    queues.client.send_message_batch(
        QueueUrl=url, Entries=[{"Id": body, "MessageBody": body} for body in ("good", "bad")]
    )
    notes = collect(lambda found: sum(note[0] == "bad" for note in found) >= 2)
    assert [note[1] for note in notes if note[0] == "bad"] == ["1", "2"]
    assert [note[0] for note in notes].count("good") == 1
    letters = []
    wait_for(lambda: letters.extend(queues.receive(dead)) or letters)
    assert [letter["Body"] for letter in letters] == ["bad"]
    functions.client.delete_event_source_mapping(UUID=uuid)


def test_mapping_that_lambda_would_refuse_is_refused(functions, queues):
    url, arn, _ = set_up(functions, queues, "refusing-messages")
    assert url
    create = functions.client.create_event_source_mapping
    request = {"FunctionName": "refusing-messages", "EventSourceArn": arn}
    refused = "InvalidParameterValueException"
    assert error_code(create, **request, BatchSize=11) == refused
    assert error_code(create, **request, StartingPosition="LATEST") == refused
    assert error_code(create, **request, ParallelizationFactor=2) == refused
    assert error_code(create, **request | {"EventSourceArn": f"{arn}-none"}) == refused
    functions.client.update_function_configuration(FunctionName="refusing-messages", Timeout=60)
    assert error_code(create, **request) == refused
