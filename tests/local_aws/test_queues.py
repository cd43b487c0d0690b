"""Queues under many clients, and over a long time."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from local_aws.sqs.models import LocalSQSBackend, sqs_backends
from local_aws.sqs.state import STATE
from local_aws.state.entries import ServiceEntries

SENDERS = 4
MESSAGES = 50
MOVING_SECONDS = 3
GROUP_WAIT_SECONDS = 6


def test_no_message_is_lost_while_others_are_deleted(aws) -> None:
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName="crowded")["QueueUrl"]
    wanted = {f"{sender}-{number}" for sender in range(SENDERS) for number in range(MESSAGES)}
    received: list[str] = []

    def send(sender: int) -> None:
        for number in range(MESSAGES):
            sqs.send_message(QueueUrl=queue, MessageBody=f"{sender}-{number}")

    def take() -> None:
        while messages := sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2).get("Messages"):
            for message in messages:
                received.append(message["Body"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    with ThreadPoolExecutor(SENDERS + 2) as pool:
        for work in [*(pool.submit(send, sender) for sender in range(SENDERS)), pool.submit(take), pool.submit(take)]:
            work.result()
    assert sorted(received) == sorted(wanted)
    sqs.delete_queue(QueueUrl=queue)


def test_message_that_was_received_too_often_is_a_dead_letter(aws) -> None:
    sqs = aws("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2}'
    queue = sqs.create_queue(QueueName="dying", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})[
        "QueueUrl"
    ]
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    receipts = [sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"] for _ in range(2)]
    assert len(set(receipts)) == 2
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=dead)["Messages"]] == ["m"]
    with pytest.raises(ClientError) as error:
        sqs.start_message_move_task(SourceArn="arn:aws:sqs:us-east-1:123456789012:dead")
    assert error.value.response["Error"]["Code"] == "NotImplemented"


def test_deleting_a_message_again_succeeds(aws) -> None:
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName="deleting")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    receipt = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=receipt)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=receipt)
    with pytest.raises(ClientError):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle="no-receipt")


def test_receiver_that_waits_for_a_group_in_flight_holds_up_nobody_and_gets_what_follows(aws) -> None:
    sqs = aws("sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    queue = sqs.create_queue(QueueName="groups.fifo", Attributes=attributes)["QueueUrl"]
    other = sqs.create_queue(QueueName="beside")["QueueUrl"]
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="g")
    first = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=GROUP_WAIT_SECONDS)
        time.sleep(0.3)
        began = time.monotonic()
        sqs.send_message(QueueUrl=other, MessageBody="m")
        assert not waiting.done()
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
        assert [message["Body"] for message in waiting.result()["Messages"]] == ["two"]
        assert time.monotonic() - began < GROUP_WAIT_SECONDS / 2
    for url in (queue, other):
        sqs.delete_queue(QueueUrl=url)


def test_message_past_its_retention_is_gone_and_stands_before_no_other() -> None:
    backend = LocalSQSBackend("us-east-1", "123456789012")
    queue = backend.create_queue("retaining", MessageRetentionPeriod=60)
    for body in ("expired", "kept"):
        backend.send_message("retaining", body)
    (expired, _) = queue.messages
    expired.sent_timestamp = (time.time() - 61) * 1000
    assert [message.body for message in backend.receive_message("retaining", 10, 0, 30)] == ["kept"]
    assert [message.body for message in queue._messages] == ["kept"]
    assert backend.get_queue_attributes("retaining", ["All"])["ApproximateNumberOfMessagesNotVisible"] == 1


def test_each_save_has_the_dead_letters_that_two_queues_send_each_other(monkeypatch) -> None:
    monkeypatch.setattr(sqs_backends, "backend", LocalSQSBackend)
    backend = sqs_backends["210987654321"]["us-east-1"]
    for name in ("here", "there"):
        backend.create_queue(name)
    for name, other in (("here", "there"), ("there", "here")):
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:210987654321:{other}", "maxReceiveCount": 1}
        backend.set_queue_attributes(name, {"RedrivePolicy": json.dumps(policy)})
    for number in range(MESSAGES):
        backend.send_message("here", str(number))
    backend.receive_message("here", MESSAGES, 0, 0)
    end = time.monotonic() + MOVING_SECONDS
    entries, saved, counts = ServiceEntries("sqs", STATE.collections), {}, set()

    def move(queue: str) -> None:
        while time.monotonic() < end:
            backend.receive_message(queue, 1, 0, 0)

    def save() -> None:
        while time.monotonic() < end:
            changes = {}
            with STATE.lock:
                entries.note_changes(changes)
            saved.update(changes)
            bodies = [path for (_, _, path), content in saved.items() if "messages_by_id" in path and content]
            counts.add(len(bodies))

    threads = [threading.Thread(target=move, args=[queue], daemon=True) for queue in ("here", "there")]
    threads.append(threading.Thread(target=save, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(MOVING_SECONDS * 10)
    assert not any(thread.is_alive() for thread in threads)
    assert counts == {MESSAGES}
