"""What the tests of public clients share: a lake of their own, and the environment that tells a client where AWS is."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.client import BaseClient

from tests.conftest import REPOSITORY, Endpoint
from tests.local_aws.athena.athena_lake import Lake

CLIENTS = Path(".tools", "clients", "bin")


@pytest.fixture(scope="module")
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


@pytest.fixture(scope="module")
def environment(aws_endpoint: Endpoint) -> dict[str, str]:
    """All that an AWS client needs; it is what a person sets, too."""
    return {
        "AWS_ENDPOINT_URL": aws_endpoint.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture
def client_environment(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """For clients that are Python packages of the tests' own environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def installed_clients() -> Path:
    """The folder of the clients' commands, which `make` installs where they are missing."""
    subprocess.run(["make", "--silent", str(CLIENTS / "dbt")], cwd=REPOSITORY, check=True)
    return REPOSITORY / CLIENTS


@pytest.fixture(scope="module")
def command(installed_clients: Path, environment: dict[str, str]) -> Callable[..., str]:
    """`command("aws", "s3", "ls")` gives what the command printed; it has to succeed, unless `fails` is said."""

    def run(name: str, *arguments: str, fails: bool = False, **options: object) -> str:
        done = subprocess.run(
            [installed_clients / name, *arguments],
            env=os.environ | environment | options.pop("env", {}),
            capture_output=True,
            check=False,
            timeout=600,
            **options,
        )
        printed = (done.stdout + done.stderr if fails else done.stdout).decode()
        assert bool(done.returncode) is fails, (
            f"{name} {arguments} ended with {done.returncode}: {printed}{done.stderr}"
        )
        return printed

    return run


@pytest.fixture
def airflow_environment(client_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a worker, with the connection that the Amazon provider takes where none is named."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    monkeypatch.setenv("AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID", "aws_default")


@pytest.fixture
def athena_connection(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> str:
    """An Airflow connection to the lake's database."""
    extra = {"s3_staging_dir": lake.url("results/"), "region_name": "us-east-1", "poll_interval": 0.02}
    connection = {"conn_type": "athena", "schema": lake.database, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_ATHENA_LAKE", json.dumps(connection))
    return "athena_lake"
