"""An account of the local endpoint's, whose stacks fail and roll back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from deployment import change_sets
from tests.deployment.deployed_account import Account


@pytest.fixture(scope="module")
def endpoint(start_endpoint: Callable[[Path], AbstractContextManager], tmp_path_factory) -> Iterator[Any]:
    with start_endpoint(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def account(endpoint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setattr(change_sets, "POLL_SECONDS", 0.05)
    account = Account(tmp_path)
    yield account
    # Its roles have the same names in every environment.
    account.cloudformation.delete_stack(StackName=f"lakehouse-{account.environment}-account")
