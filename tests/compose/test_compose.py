"""The containers of docker-compose.yaml, built and run for real: `make test-compose`.

Takes some ten minutes and several gigabytes, so `make test` skips it.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from stack.ports import free_ports
from tests.compose.stand_ins import REPOSITORY, provide_images, succeeds

PORTS = (
    "LAKEHOUSE_AWS_PORT",
    "LAKEHOUSE_AIRFLOW_PORT",
    "LAKEHOUSE_POSTGRES_PORT",
    "LAKEHOUSE_DOCDB_PORT",
    "LAKEHOUSE_MARKET_DATA_PORT",
    "LAKEHOUSE_TRADE_FEED_PORT",
)
SERVERS = (
    "postgres",
    "mongo",
    "aws",
    "market-data-api",
    "trade-feed",
    "trade-producer",
    "airflow-api-server",
    "airflow-scheduler",
    "airflow-dag-processor",
)
PROJECT = "lakehouse-test"
TOTALS = "SELECT count(*) AS facts, sum(amount) AS amount FROM fact_transactions"

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif("LAKEHOUSE_TEST_COMPOSE" not in os.environ, reason="`make test-compose` runs it"),
]


class Containers:
    """The containers of one Compose project, on ports of its own."""

    def __init__(self) -> None:
        self._compose = ["docker", "compose"] if succeeds("docker", "compose", "version") else ["docker-compose"]
        ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        self._environment = os.environ | ports | {"COMPOSE_PROJECT_NAME": PROJECT}

    def compose(self, *arguments: str) -> str:
        """What a command prints; fails with it when the command fails."""
        command = [*self._compose, "--profile", "trades", *arguments]
        result = subprocess.run(
            command, cwd=REPOSITORY, env=self._environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{' '.join(command)}:\n{result.stdout[-8000:]}\n{result.stderr[-8000:]}"
        return result.stdout

    def container(self, service: str) -> str:
        return self.compose("ps", "--quiet", service).strip()

    def inspect(self, service: str) -> dict:
        return json.loads(subprocess.check_output(["docker", "inspect", self.container(service)]))[0]

    def totals(self) -> list[dict[str, str]]:
        return json.loads(self.compose("run", "--rm", "-T", "demo", "query", TOTALS, "--output", "json"))


@pytest.fixture(scope="module")
def containers() -> Iterator[Containers]:
    """The project up, after the demo."""
    if shutil.which("docker") is None or not succeeds("docker", "info"):
        pytest.skip("No Docker engine answers on this machine.")
    provide_images()
    containers = Containers()
    try:
        containers.compose("build")
        containers.compose("up", "--detach")
        yield containers
    finally:
        containers.compose("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="module")
def demo(containers: Containers) -> str:
    return containers.compose("run", "--rm", "-T", "demo", "demo", "--scale", "0.1")


def test_the_demo_reconciles_every_hop_and_loads_the_arriving_files(demo: str) -> None:
    assert "do not reconcile" not in demo
    assert "From drop to queryable" in demo


def test_the_producers_container_brings_every_trade_to_dynamodb(demo: str) -> None:
    counts = {name: int(number.replace(",", "")) for name, number in re.findall(r"│ ([^│]+?) +│ +([\d,]+) │", demo)}
    assert counts["stored in DynamoDB"] == counts["sent by the feed"] - counts["of them sent again"] > 0


def test_ports_are_open_to_this_machine_only(containers: Containers, demo: str) -> None:
    bindings = [
        binding
        for service in SERVERS
        for published in containers.inspect(service)["NetworkSettings"]["Ports"].values()
        for binding in published or []
    ]
    assert len(bindings) == len(PORTS)
    assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}


def test_our_processes_are_not_root(containers: Containers, demo: str) -> None:
    for service in ("aws", "airflow-scheduler", "airflow-triggerer", "trade-producer"):
        assert containers.compose("exec", "-T", service, "id", "--user").strip() == "1000"


def test_killed_containers_come_back_with_their_data(containers: Containers, demo: str) -> None:
    before = containers.totals()
    containers.compose("kill", *SERVERS)
    containers.compose("up", "--detach")
    assert containers.totals() == before
    assert int(before[0]["facts"]) > 0


def test_a_second_demo_runs_on_containers_made_anew(containers: Containers, demo: str) -> None:
    containers.compose("down")
    containers.compose("up", "--detach")
    again = containers.compose("run", "--rm", "-T", "demo", "demo", "--scale", "0.1")
    assert "The sources are filled already." in again
    assert "Recognised in" in again
