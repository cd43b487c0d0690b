"""What the tests of the Amazon provider share: its operators run as on a worker."""

from typing import Any

import pendulum
from airflow.sdk import BaseOperator

from tests.airflow_support import TaskInstance, run_operator


def run(operator: BaseOperator) -> Any:
    """What the task returns."""
    instance = TaskInstance()
    return run_operator(operator, {"ti": instance, "task_instance": instance, "logical_date": pendulum.now("UTC")})
