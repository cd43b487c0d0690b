"""`python -m tests.infra.record_calls` keeps what the running stack's roles were allowed, for `test_statements.py`.

Start a stack of its own (LAKEHOUSE_HOME), run what the roles are for, by `make demo` and by hand what it leaves out
(maintenance, rollback, replay, files by the queue, the dashboard's pages), and then this. Of calls that differ in
numbers and hashes alone one is kept.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stack.cloudformation import outputs
from stack.settings import StackSettings
from tests.infra.role_policies import REGION, VALUES

RECORDED = Path(__file__).with_name("recorded_calls.jsonl")
# The condition keys of the templates' policies; values of the others decide nothing.
KEYS = {"cloudwatch:namespace", "iam:passedtoservice", "redshift-data:statement-owner-iam-userid", "aws:userid"}
# Read by everybody, whatever a role's policies say.
PUBLIC = "lakehouse-website"
# Secrets Manager ends a secret's ARN with six random characters.
SECRET = re.compile(r'(:secret:[\w/+=.@-]+?)-\w{6}"')
NUMBERS = re.compile(r"[0-9a-f]{6,}|\d+")


def calls_of(decisions: Path, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What was allowed, by the roles' names in their templates; `names` are replaced by what the tests call them."""
    text = decisions.read_text()
    for found, written in names.items():
        text = text.replace(found, written)
    text = SECRET.sub(r'\1-AbCdEf"', text)
    for decision in map(json.loads, text.splitlines()):
        context = {key: value for key, value in decision["context"].items() if key in KEYS}
        if "redshift-data:statement-owner-iam-userid" not in context:
            context.pop("aws:userid", None)
        role = logical_name(decision["role"])
        is_of_template = role.endswith(("Role", "Policy"))
        if decision["allowed"] and is_of_template and PUBLIC not in decision["resource"]:
            yield {"role": role, **_parts(decision), "context": context}


def _parts(decision: dict[str, Any]) -> dict[str, str]:
    return {"action": decision["action"], "resource": decision["resource"]}


def logical_name(role: str) -> str:
    """CloudFormation names a role after its stack and its name in the template."""
    named = {
        "lakehouse-local-airflow": "AirflowRole",
        "lakehouse-trades-producer": "ProducerRole",
        "analyst": "AnalystPolicy",
    }
    for prefix, logical in named.items():
        if role.startswith(prefix):
            return logical
    found = re.search(r"([A-Za-z]+Role)(-[A-Za-z0-9]+)?$", role)
    return found[1] if found else role


def shape(call: dict[str, Any]) -> str:
    return NUMBERS.sub("#", json.dumps(call))


def names_of(deployed: dict[str, str]) -> dict[str, str]:
    """What the stack calls its resources, and what the tests call them; longer names first."""
    names = {value: VALUES[name] for name, value in deployed.items() if name in VALUES}
    names |= {"us-east-1": REGION}
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))


def main() -> None:
    settings = StackSettings.from_environment()
    calls = {
        shape(call): call
        for path in sorted((settings.home / "aws").glob("access*.jsonl"))
        for call in calls_of(path, names_of(outputs(settings)))
    }
    for line in RECORDED.read_text().splitlines() if RECORDED.exists() else []:
        calls.setdefault(shape(json.loads(line)), json.loads(line))
    RECORDED.write_text("".join(f"{line}\n" for line in sorted(map(json.dumps, calls.values()))))
    print(f"{len(calls)} calls in {RECORDED}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
