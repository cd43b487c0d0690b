"""The deployed stack: a record that is put on the stream is a price that the API answers."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from rich.console import Console

from lakehouse_contract.trades import Trade, encode_record
from stack import aws
from stack.cloudformation import Outputs, deploy, outputs
from stack.errors import StackError
from stack.lifecycle import Stack
from stack.ports import free_ports
from stack.secrets import put_feed_token
from stack.settings import StackSettings
from stack.trade_runs import begin_run
from tests.conftest import Endpoint

PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def settings(
    start_endpoint: Callable[..., AbstractContextManager[Endpoint]],
    tmp_path_factory: pytest.TempPathFactory,
    postgres_dsn: str,
) -> Iterator[StackSettings]:
    home = tmp_path_factory.mktemp("stack")
    with start_endpoint(home / "aws", postgres_dsn) as endpoint:
        settings = StackSettings(home, aws_port=endpoint.port)
        deploy(settings, postgres_dsn, "mongodb://127.0.0.1:1/")
        yield settings


@pytest.fixture(scope="module")
def deployed(settings) -> Outputs:
    return outputs(settings)


def test_a_record_on_the_stream_becomes_a_price_of_the_api(settings, deployed) -> None:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    trades = [Trade("AAPL", Decimal(price), Decimal(2), now_ms + price, (), 0, now_ms) for price in (231, 232)]
    kinesis = aws.client("kinesis", settings)
    data = encode_record("AAPL", trades)
    kinesis.put_record(StreamName=deployed["TradesStreamName"], PartitionKey="AAPL", Data=data)
    answer = answered(f"{deployed['TradesApiUrl']}/trades/AAPL/latest")
    assert (answer["price"], answer["day"]["trade_count"], answer["day"]["volume"]) == (232, 2, 4)


def answered(url: str) -> dict:
    """What the API answers as soon as it has something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := httpx.get(url, timeout=30)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    return answer.json()


def test_garbage_on_the_stream_lies_in_the_queue_of_what_is_refused(settings, deployed) -> None:
    kinesis = aws.client("kinesis", settings)
    kinesis.put_record(StreamName=deployed["TradesStreamName"], PartitionKey="X", Data=b'{"symbol": ')
    sqs = aws.client("sqs", settings)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (messages := sqs.receive_message(QueueUrl=deployed["RefusedTradesQueueUrl"]).get("Messages")):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert '"reason": "not_json"' in messages[0]["Body"]


def test_a_wrong_parameter_is_a_problem_document_and_a_page_of_another_origin_may_read_it(deployed) -> None:
    url = f"{deployed['TradesApiUrl']}/movers"
    answer = httpx.get(url, params={"limit": "many"}, headers={"origin": "http://127.0.0.1"}, timeout=60)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_deploying_again_changes_nothing(settings, deployed, postgres_dsn) -> None:
    cloudformation = aws.client("cloudformation", settings)
    before = [stack.get("LastUpdatedTime") for stack in cloudformation.describe_stacks()["Stacks"]]
    assert deploy(settings, postgres_dsn, "mongodb://127.0.0.1:1/") == deployed
    assert [stack.get("LastUpdatedTime") for stack in cloudformation.describe_stacks()["Stacks"]] == before


def test_a_run_of_feed_and_producer_finds_every_trade_though_both_misbehave(settings, deployed) -> None:
    stack = Stack(replace(settings, trade_feed_port=free_ports(1)[0]))
    put_feed_token(aws.client("secretsmanager", settings), stack.credentials.trade_feed_token)
    stack.supervisor.start()
    try:
        run = begin_run(stack, ["ALBA", "AMBA", "BIBA"], rate=60)
        for fault in ("garbage", "nan", "late", "duplicates", "disconnect"):
            run.feed.add_fault(fault, 1, 1)
        run.follow(6, Console(quiet=True))
        states = {process.name: process.is_running for process in stack.processes()}
        run.end()
        assert states == {"trade-feed": True, "trade-producer": True}
        assert stack.processes() == []
        run.require_all()
    finally:
        stack.supervisor.stop()
    assert run.stored == run.sent["trades"] > 100
    assert run.sent["repeated"] > 0
    # What is no trade may come again with the message that is repeated.
    assert run.produced["Refused"] == run.sent["unsound"] > 0
    assert run.produced["RefusedMessages"] > 0
    assert run.produced["Put"] == run.sent["trades"] + run.sent["repeated"]
    with pytest.raises(StackError, match=rf"{run.stored + 1} trades should be stored, and {run.stored} are"):
        replace(run, sent=run.sent | {"trades": run.stored + 1}).require_all()
