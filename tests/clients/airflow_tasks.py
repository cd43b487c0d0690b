"""What the tests of the Amazon provider share: its operators run as on a worker, and roles that services assume."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pendulum
from airflow.sdk import BaseOperator
from botocore.client import BaseClient

from tests.airflow_support import TaskInstance, run_operator


def run(operator: BaseOperator) -> Any:
    """What the task returns."""
    instance = TaskInstance()
    return run_operator(operator, {"ti": instance, "task_instance": instance, "logical_date": pendulum.now("UTC")})


def create_role(aws: Callable[..., BaseClient], service: str) -> str:
    """The name of a role that may do all and that a service assumes."""
    name = f"role-{uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = aws("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_document(everything))
    return name


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
