"""What several suites of the local endpoint share."""

from collections.abc import Callable, Iterator

import pytest

from tests.local_aws.stacks import stack_names


@pytest.fixture
def stacks(aws: Callable) -> Iterator:
    """A client; the stacks that a test makes are deleted after it."""
    client = aws("cloudformation")
    others = stack_names(client)
    yield client
    for name in stack_names(client) - others:
        client.delete_stack(StackName=name)
