"""What Lambda has acknowledged is there after kill -9, goes on, and its workers are gone."""

import os
import time

import pytest

from tests.local_aws.awslambda.conftest import Functions, Queues, wait_for
from tests.local_aws.awslambda.test_asynchronous_invocations import send
from tests.local_aws.awslambda.test_invocations import PROCESS, is_running
from tests.local_aws.awslambda.test_stream_mappings import Mapped, texts

RECORDS = [(f"key{number}", str(number)) for number in range(300)]
EVENTS = {"0", "1", "2", "3"}
# Tells a queue of its event, after a while.
NOTING = (
    "import boto3, os, time\n"
    "def handler(event, context):\n"
    "    time.sleep(1)\n"
    "    boto3.client('sqs').send_message(QueueUrl=os.environ['NOTES'], MessageBody=str(event))\n"
)


class Restarted:
    """An endpoint that was killed while functions ran, events waited and a stream was being read."""

    def __init__(self, endpoint):
        self.functions, self.queues = Functions(endpoint), Queues(endpoint)
        client = self.functions.client
        self.arn = self.functions.create("kept", PROCESS, Publish=True).removesuffix(":1")
        client.create_alias(FunctionName="kept", Name="live", FunctionVersion="1")
        client.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=7)
        client.tag_resource(Resource=self.arn, Tags={"stage": "test"})
        self.pid = self.functions.invoke("kept")["Payload"]
        self.stream = Mapped(self.functions, "read", shards=2)
        self.stream.map(BatchSize=10)
        self.stream.put(*RECORDS[:150])
        self.stream.batches(lambda found: len(texts(found)) >= 60)
        self.notes, _ = self.queues.create("notes")
        self.functions.create("noted", NOTING, Environment={"Variables": {"NOTES": self.notes}}, Timeout=60)
        for number in range(len(EVENTS)):
            send(self.functions, "noted", number)
        time.sleep(0.3)
        endpoint.kill()
        wait_for(lambda: not is_running(self.pid))
        endpoint.start()


@pytest.fixture(scope="module")
def restarted(start_endpoint, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "LAKEHOUSE_AWS_LAMBDA_IDLE_SECONDS", "2")
        with start_endpoint(tmp_path_factory.mktemp("restarted")) as endpoint:
            yield Restarted(endpoint)


def test_functions_outlive_a_killed_endpoint_and_their_workers_do_not(restarted):
    found = restarted.functions.client.get_function(FunctionName="kept")
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 7}
    assert found["Tags"] == {"stage": "test"}
    answer = restarted.functions.invoke("kept", Qualifier="live")
    assert answer["ExecutedVersion"] == "1"
    assert answer["Payload"] != restarted.pid


def test_worker_that_nobody_needs_ends(restarted):
    pid = restarted.functions.invoke("kept")["Payload"]
    wait_for(lambda: not is_running(pid))


def test_accepted_events_are_invoked_after_a_kill(restarted):
    found = set()

    def is_complete():
        found.update(message["Body"] for message in restarted.queues.receive(restarted.notes))
        return found == EVENTS

    wait_for(is_complete, 60)


def test_no_record_is_lost_and_only_what_was_under_way_is_given_again(restarted):
    restarted.stream.put(*RECORDS[150:])
    found = texts(restarted.stream.batches(lambda found: len(set(texts(found))) == len(RECORDS)))
    assert set(found) == {text for _, text in RECORDS}
    # A batch per shard, and the notes that the killed endpoint had not answered.
    assert len(found) <= len(RECORDS) + 2 * 3 * 10
