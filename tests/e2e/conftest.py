"""One whole stack, with Airflow, for all tests of this folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from stack.airflow_client import FINAL_RUN_STATES, AirflowClient
from stack.lifecycle import Stack
from stack.ports import free_ports
from stack.queries import query_athena
from stack.runs import DAILY_DAG
from stack.secrets import SOURCE_DATABASE
from stack.settings import StackSettings
from stack.waiting import wait_until
from tests.e2e.independent_star_schema import StarSchema, star_schema

SCALE = 0.05
RUN_SECONDS = 600


class Lakehouse:
    """A stack as its user sees it: a command line and addresses."""

    def __init__(self, home: Path) -> None:
        aws, airflow, postgres, docdb, market_data = free_ports(5)
        self.settings = replace(
            StackSettings(home),
            aws_port=aws,
            airflow_port=airflow,
            postgres_port=postgres,
            docdb_port=docdb,
            market_data_port=market_data,
        )
        self.stack = Stack(self.settings)

    def take_arrivals_by(self, way: str) -> None:
        """Have the stack told of arrived files by `sensor` or by `queue`, whatever a test before needed."""
        if self.settings.arrivals != way:
            self.settings = replace(self.settings, arrivals=way)
            self.stack = Stack(self.settings)
            self.stack.up(lambda _line: None)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.settings.environment | {"LAKEHOUSE_ARRIVALS": self.settings.arrivals}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("lakehouse"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def succeed(self, *arguments: str) -> str:
        """What a command prints; fails with all that it printed when the command fails."""
        result = self.run(*arguments)
        assert result.returncode == 0, f"lakehouse {' '.join(arguments)}:\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def rows(self, service: str, sql: str) -> list[dict[str, Any]]:
        """Rows by `lakehouse query` or `lakehouse redshift`, every value as text."""
        return json.loads(self.succeed(service, sql, "--output", "json"))

    def athena(self, sql: str) -> list[dict[str, str | None]]:
        result = query_athena(self.settings, sql)
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    def facts(self) -> dict[str, str | None]:
        """Number, amounts and events of the published facts, by one query."""
        [totals] = self.athena(
            "SELECT count(*) AS facts, sum(amount) AS amount, sum(event_count) AS events FROM fact_transactions"
        )
        return totals

    def engines(self, program: str) -> list[psutil.Process]:
        """The endpoint's processes that run the program, a module or the script of a Glue job."""
        endpoint = next(state.pid for state in self.stack.supervisor.states() if state.name == "aws")
        return [child for child in psutil.Process(endpoint).children(recursive=True) if runs_program(child, program)]

    def kill(self, *processes: str) -> None:
        """End processes of this stack as a crash would, without a name all; the supervisor starts them again."""
        for state in self.stack.supervisor.states():
            if state.pid and (not processes or state.name in processes):
                os.kill(state.pid, signal.SIGKILL)


class DailyRun:
    """A run of the daily warehouse that a test watches and disturbs."""

    def __init__(self, lakehouse: Lakehouse) -> None:
        self.airflow_url = lakehouse.settings.airflow_url
        self.client = AirflowClient(self.airflow_url)
        self.run_id = self.client.trigger(DAILY_DAG, {})

    def state_of(self, task: str) -> str | None:
        return next((run.state for run in self.client.tasks(DAILY_DAG, self.run_id) if run.name == task), None)

    def wait_for(self, task: str) -> None:
        wait_until(lambda: self.state_of(task) in {"running", "deferred"}, task, RUN_SECONDS)

    def kill_task(self, task: str) -> None:
        """End the process of a running task, as a lack of memory would."""
        path = f"/api/v2/dags/{DAILY_DAG}/dagRuns/{self.run_id}/taskInstances/{task}"
        instance = requests.get(f"{self.airflow_url}{path}", timeout=30).json()["id"]
        kill_when_started(
            lambda: [
                process
                for process in psutil.process_iter(["cmdline"])
                if f"airflow worker -- {instance}" in " ".join(process.info["cmdline"] or [])
            ]
        )

    def wait_for_end(self) -> str:
        wait_until(lambda: self.state in FINAL_RUN_STATES, self.run_id, RUN_SECONDS)
        return self.state

    @property
    def state(self) -> str:
        return self.client.run_state(DAILY_DAG, self.run_id)


def runs_program(process: psutil.Process, program: str) -> bool:
    """Its command line names the module, or its folder has the script: a forked job has its server's command line."""
    try:
        return program in process.cmdline() or Path(process.cwd(), program).is_file()
    except psutil.NoSuchProcess:
        return False


def kill_when_started(find: Callable[[], list[psutil.Process]]) -> None:
    deadline = time.monotonic() + RUN_SECONDS
    while not (processes := find()):
        assert time.monotonic() < deadline, "The process never started"
        time.sleep(0.02)
    for process in processes:
        process.kill()


@pytest.fixture(scope="package")
def stack() -> Iterator[Lakehouse]:
    """A running stack with seeded sources."""
    home = Path(tempfile.mkdtemp(prefix="lakehouse-"))
    lakehouse = Lakehouse(home)
    try:
        lakehouse.succeed("up")
        lakehouse.succeed("seed", "--scale", str(SCALE))
        yield lakehouse
    finally:
        lakehouse.run("down")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="package")
def lakehouse(stack: Lakehouse) -> Lakehouse:
    """The stack after a first run of the daily warehouse."""
    stack.succeed("trigger", "financial_warehouse_daily", "--wait")
    return stack


@pytest.fixture(scope="package")
def expected(stack: Lakehouse) -> StarSchema:
    return star_schema(stack.stack.postgres_dsn(SOURCE_DATABASE), stack.stack.mongo_uri, SOURCE_DATABASE)
