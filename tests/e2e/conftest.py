"""One whole stack, with Airflow, for all tests of this folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stack.lifecycle import Stack
from stack.ports import free_ports
from stack.queries import query_athena
from stack.secrets import SOURCE_DATABASE
from stack.settings import StackSettings
from tests.e2e.independent_star_schema import StarSchema, star_schema

SCALE = 0.05


class Lakehouse:
    """A stack as its user sees it: a command line and addresses."""

    def __init__(self, home: Path) -> None:
        aws, airflow, postgres, docdb = free_ports(4)
        self.settings = replace(
            StackSettings(home), aws_port=aws, airflow_port=airflow, postgres_port=postgres, docdb_port=docdb
        )
        self.stack = Stack(self.settings)

    @property
    def environment(self) -> dict[str, str]:
        ports = {name: str(port) for name, port in self.settings.embedded_ports.items()}
        return os.environ | ports | {"LAKEHOUSE_HOME": str(self.settings.home)}

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

    def kill(self, process: str) -> None:
        """End a process of this stack as a crash would; the supervisor starts it again."""
        pid = next(state.pid for state in self.stack.supervisor.states() if state.name == process)
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def lakehouse(stack: Lakehouse) -> Lakehouse:
    """The stack after a first run of the daily warehouse."""
    stack.succeed("trigger", "financial_warehouse_daily", "--wait")
    return stack


@pytest.fixture(scope="session")
def expected(stack: Lakehouse) -> StarSchema:
    return star_schema(stack.stack.postgres_dsn(SOURCE_DATABASE), stack.stack.mongo_uri, SOURCE_DATABASE)
