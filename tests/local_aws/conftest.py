"""What several suites of the local endpoint share."""

from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def stacks(aws: Callable) -> Iterator:
    """A client whose stacks are deleted after the test."""
    client = aws("cloudformation")
    yield client
    for stack in client.describe_stacks()["Stacks"]:
        client.delete_stack(StackName=stack["StackName"])
