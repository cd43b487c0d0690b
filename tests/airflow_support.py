"""Runs operators outside of Airflow's services: a task instance to write to, and the way through the triggerer."""

import asyncio
import json
from functools import partial
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.module_loading import import_string
from airflow.triggers.base import BaseTrigger, TriggerEvent

AIRFLOW_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
}


class TaskInstance:
    """As much of a task instance as an operator sees: its names, its own XComs and those of others."""

    dag_id = "dag"
    task_id = "task"
    run_id = "manual__2026-11-20T05:00:00+00:00"
    map_index = -1
    try_number = 1
    max_tries = 2

    def __init__(self, returned: dict[str, Any] | None = None) -> None:
        self.returned = returned or {}
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value

    def xcom_pull(self, *, task_ids: str, key: str | None = None) -> Any:
        return self.xcoms.get(key) if key else self.returned[task_ids]


def run_operator(operator: BaseOperator, context: dict[str, Any]) -> Any:
    """Execute an operator, through its triggers and back when it defers; each gets what was serialized for it."""
    step = partial(operator.execute, context=context)
    while True:
        try:
            return step()
        except TaskDeferred as deferral:
            event = asyncio.run(_first_event(deferral.trigger))
            step = partial(operator.resume_execution, deferral.method_name, {"event": event.payload}, context)


async def _first_event(trigger: BaseTrigger) -> TriggerEvent:
    class_path, parameters = trigger.serialize()
    rebuilt = import_string(class_path)(**json.loads(json.dumps(parameters)))
    return await anext(aiter(rebuilt.run()))
