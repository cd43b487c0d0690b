"""The producer's container: what it is built from, and what it is told."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from cfnlint import decode

from stack.trades import default_symbols

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "producers" / "trades"
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())["services"]["trade-producer"]
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def test_it_runs_on_the_versions_that_the_tests_run_on():
    locked = dict(PINNED.findall((FOLDER / "requirements.lock").read_text()))
    ours = dict(PINNED.findall((REPOSITORY / "requirements.lock").read_text()))
    assert {"aiobotocore", "websockets"} <= locked.keys()
    assert {name: ours[name] for name in locked} == locked


def test_it_imports_what_its_image_has():
    code = [*FOLDER.glob("*.py"), REPOSITORY / "lakehouse_contract" / "trades.py"]
    imported = {name.partition(".")[0] for path in code for name in imports_of(path)} - sys.stdlib_module_names
    locked = {name.replace("-", "_") for name, _ in PINNED.findall((FOLDER / "requirements.lock").read_text())}
    assert imported == {"aiobotocore", "botocore", "websockets", "producers", "lakehouse_contract"}
    assert imported - {"producers", "lakehouse_contract"} <= locked


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_the_dockerfile_copies_what_there_is():
    copied = re.findall(r"^COPY (?!--)(\S+)", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert all((REPOSITORY / path).exists() and f"!{path.partition('/')[0]}" in ignored for path in copied)


def test_containers_are_told_the_stream_of_the_template_and_the_symbols_of_the_command_line():
    told = COMPOSE["environment"]
    template, _ = decode.decode(str(REPOSITORY / "infra" / "trades.yaml"))
    assert told["LAKEHOUSE_TRADES_STREAM"] == template["Resources"]["TradesStream"]["Properties"]["Name"]
    default = told["LAKEHOUSE_TRADES_SYMBOLS"].removeprefix("${LAKEHOUSE_TRADES_SYMBOLS:-").removesuffix("}")
    assert default.split(",") == default_symbols(20)


def test_fargate_tells_the_task_all_that_it_needs():
    template, _ = decode.decode(str(REPOSITORY / "infra" / "producer.yaml"))
    (container,) = template["Resources"]["ProducerTask"]["Properties"]["ContainerDefinitions"]
    told = {entry["Name"] for entry in container["Environment"]}
    needed = set(re.findall(r'_needed\(environment, "(\w+)"', (FOLDER / "settings.py").read_text()))
    assert len(needed) == 3
    assert needed | {"LAKEHOUSE_FINNHUB_URL"} == told
