"""What several suites of the local endpoint share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.stacks import stack_names


@pytest.fixture
def stacks(aws: Callable) -> Iterator:
    """A client; the stacks that a test makes are deleted after it."""
    client = aws("cloudformation")
    others = stack_names(client)
    yield client
    for name in stack_names(client) - others:
        client.delete_stack(StackName=name)


@pytest.fixture(scope="module")
def s3(aws: Callable, request: pytest.FixtureRequest) -> BaseClient:
    """A client, and the bucket that the module calls BUCKET."""
    client = aws("s3")
    client.create_bucket(Bucket=request.module.BUCKET)
    return client


@pytest.fixture(scope="module")
def folder(aws_endpoint: Endpoint, s3: BaseClient, request: pytest.FixtureRequest) -> Path:
    """The folder that the module's bucket is."""
    return aws_endpoint.data_directory / "s3" / request.module.BUCKET
