"""Airflow's REST API, as the command line uses it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import httpx

from stack.errors import StackError

FINAL_RUN_STATES = {"success", "failed"}
_PAGE = 100
_TIMEOUT_SECONDS = 120
_PAUSE_SECONDS = 1


@dataclass(frozen=True)
class TaskRun:
    """One task instance of a run; `duration_seconds` is None until it has started."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    duration_seconds: float | None

    @property
    def name(self) -> str:
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"

    @classmethod
    def from_api(cls, instance: dict[str, Any]) -> Self:
        return cls(
            task_id=instance["task_id"],
            map_index=instance["map_index"],
            state=instance["state"],
            try_number=instance["try_number"],
            duration_seconds=instance["duration"],
        )


class AirflowClient:
    """Raises StackError with Airflow's reason for what it refuses.

    While the API server does not answer, what only reads is repeated for `patience_seconds`; `on_outage` is told once.
    """

    def __init__(
        self, airflow_url: str, patience_seconds: float = 0, on_outage: Callable[[], None] = lambda: None
    ) -> None:
        self._http = httpx.Client(base_url=f"{airflow_url}/api/v2", timeout=_TIMEOUT_SECONDS)
        self._patience_seconds = patience_seconds
        self._on_outage = on_outage

    def has_dag(self, dag_id: str) -> bool:
        return self._answer("GET", f"/dags/{dag_id}").status_code == httpx.codes.OK

    def import_error(self, dag_id: str) -> str | None:
        """The last line of the import error of the DAG's file; None when it has none."""
        errors = self._call("GET", "/importErrors")["import_errors"]
        lines = [error["stack_trace"].strip().splitlines()[-1] for error in errors if dag_id in error["filename"]]
        return lines[0] if lines else None

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a run; returns its id."""
        run = self._call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})
        return run["dag_run_id"]

    def run_state(self, dag_id: str, run_id: str) -> str:
        return self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"]

    def tasks(self, dag_id: str, run_id: str) -> list[TaskRun]:
        """The run's task instances, those that started first in front."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        instances: list[dict[str, Any]] = []
        while True:
            page = self._call("GET", path, params={"limit": _PAGE, "offset": len(instances)})
            instances += page["task_instances"]
            if len(instances) >= page["total_entries"]:
                break
        instances.sort(key=lambda instance: (instance["start_date"] is None, instance["start_date"] or ""))
        return [TaskRun.from_api(instance) for instance in instances]

    def log_lines(self, dag_id: str, run_id: str, task: TaskRun) -> list[str]:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task.task_id}/logs/{max(1, task.try_number)}"
        content = self._call("GET", path, params={"map_index": task.map_index, "full_content": True})["content"]
        return [_log_line(entry) for entry in content]

    def _call(self, method: str, path: str, **request: Any) -> Any:
        response = self._answer(method, path, **request)
        if response.is_error:
            raise StackError(f"Airflow refused {method} {path}: {_reason(response)}")
        return response.json()

    def _answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        deadline = time.monotonic() + (self._patience_seconds if method == "GET" else 0)
        is_told = False
        while True:
            try:
                response = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                if time.monotonic() >= deadline:
                    address = self._http.base_url
                    raise StackError(f"Airflow does not answer at {address}: run `lakehouse status`.") from error
            else:
                if not response.is_server_error or time.monotonic() >= deadline:
                    return response
            if not is_told:
                self._on_outage()
                is_told = True
            time.sleep(_PAUSE_SECONDS)


def _log_line(entry: dict[str, Any] | str) -> str:
    if isinstance(entry, str):
        return entry
    details = [
        f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or [] if "exc_type" in error
    ]
    return " ".join([entry.get("event", ""), *details])


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError):
        return f"HTTP {response.status_code}"
