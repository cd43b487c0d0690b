"""Functions that tests write themselves, on an endpoint that tries failed events and batches again at once."""

import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.roles import make_role

QUICK = {
    "LAKEHOUSE_AWS_LAMBDA_RETRY_SECONDS": "0.1,0.2",
    "LAKEHOUSE_AWS_LAMBDA_BATCH_RETRY_SECONDS": "0.05",
    "LAKEHOUSE_AWS_LAMBDA_IDLE_SECONDS": "60",
}


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files.items():
            opened.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def wait_for(found: Callable[[], Any], seconds: float = 20) -> Any:
    """What `found` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "It did not come about in time."
        time.sleep(0.05)
    return value


class Functions:
    """Functions of one endpoint, from the source of their handler."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.client: BaseClient = endpoint.client("lambda")
        self.role = make_role(endpoint.client("iam"), "function")

    def create(self, name: str, source: str, **settings: Any) -> str:
        """The ARN of a function; its module is `app`, its handler the function `handler`."""
        request = {"Runtime": "python3.12", "Handler": "app.handler", "Role": self.role, "MemorySize": 256} | settings
        answer = self.client.create_function(
            FunctionName=name, Code={"ZipFile": archive({"app.py": source})}, **request
        )
        return answer["FunctionArn"]

    def invoke(self, name: str, event: Any = None, **options: Any) -> dict[str, Any]:
        """Invoke's answer, its payload read."""
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event), **options)
        content = answer["Payload"].read()
        return answer | {"Payload": json.loads(content) if content else None}


class Queues:
    """Queues of one endpoint, by their names."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.client = endpoint.client("sqs")

    def create(self, name: str, **attributes: str) -> tuple[str, str]:
        """URL and ARN."""
        url = self.client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        answer = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, answer["Attributes"]["QueueArn"]

    def receive(self, url: str) -> list[dict[str, Any]]:
        """The messages that are there, with their attributes; they are deleted."""
        messages = self.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
            "Messages", []
        )
        for message in messages:
            self.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages


@pytest.fixture(scope="session")
def lambda_endpoint(
    start_endpoint: Callable[..., AbstractContextManager[Endpoint]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setitem(os.environ, name, value)
        with start_endpoint(tmp_path_factory.mktemp("functions")) as endpoint:
            yield endpoint


@pytest.fixture(scope="session")
def functions(lambda_endpoint: Endpoint) -> Functions:
    return Functions(lambda_endpoint)


@pytest.fixture(scope="session")
def queues(lambda_endpoint: Endpoint) -> Queues:
    return Queues(lambda_endpoint)
