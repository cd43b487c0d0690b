"""Events that were accepted are invoked, tried again, and told of."""

import json

from tests.local_aws.awslambda.conftest import wait_for

# Notes each attempt in a queue; fails as often as the event says.
COUNTING = (
    "import boto3, os\n"
    "sqs = boto3.client('sqs')\n"
    "calls = 0\n"
    "def handler(event, context):\n"
    "    global calls\n"
    "    calls += 1\n"
    "    sqs.send_message(QueueUrl=os.environ['NOTES'], MessageBody=context.aws_request_id)\n"
    "    if calls <= event['failures']:\n"
    "        raise RuntimeError('not yet')\n"
    "    return {'calls': calls}\n"
)


def send(functions, name, event):
    answer = functions.client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")


def collected(queues, url, count):
    messages = []
    wait_for(lambda: messages.extend(queues.receive(url)) or len(messages) >= count)
    return messages


def test_event_that_fails_is_tried_twice_more_and_its_success_is_told(functions, queues):
    notes, _ = queues.create("notes-success")
    told, told_arn = queues.create("told-success")
    functions.create("retried", COUNTING, Environment={"Variables": {"NOTES": notes}}, Timeout=20)
    functions.client.put_function_event_invoke_config(
        FunctionName="retried", DestinationConfig={"OnSuccess": {"Destination": told_arn}}
    )
    send(functions, "retried", {"failures": 2})
    [message] = collected(queues, told, 1)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["functionArn"].endswith(":function:retried:$LATEST")
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert (record["requestPayload"], record["responsePayload"]) == ({"failures": 2}, {"calls": 3})
    requests = [note["Body"] for note in collected(queues, notes, 3)]
    assert requests == [record["requestContext"]["requestId"]] * 3


def test_event_that_goes_on_failing_is_told_to_destination_and_dead_letter_queue(functions, queues):
    notes, _ = queues.create("notes-failure")
    told, told_arn = queues.create("told-failure")
    dead, dead_arn = queues.create("dead-letters")
    settings = {"Environment": {"Variables": {"NOTES": notes}}, "DeadLetterConfig": {"TargetArn": dead_arn}}
    functions.create("hopeless", COUNTING, Timeout=20, **settings)
    functions.client.put_function_event_invoke_config(
        FunctionName="hopeless",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": told_arn}},
    )
    send(functions, "hopeless", {"failures": 9})
    [message] = collected(queues, told, 1)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "not yet"
    [letter] = collected(queues, dead, 1)
    assert json.loads(letter["Body"]) == {"failures": 9}
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    request_id = record["requestContext"]["requestId"]
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "not yet"}
    assert len(collected(queues, notes, 2)) == 2
