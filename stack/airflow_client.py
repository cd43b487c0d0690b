"""Airflow's REST API, as the command line uses it."""

from dataclasses import dataclass
from typing import Any, Self

import httpx

from stack.errors import StackError

FINAL_RUN_STATES = {"success", "failed"}
_PAGE = 100
_TIMEOUT_SECONDS = 120


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
    """Raises StackError with Airflow's reason for what it refuses."""

    def __init__(self, airflow_url: str) -> None:
        self._http = httpx.Client(base_url=f"{airflow_url}/api/v2", timeout=_TIMEOUT_SECONDS)

    def has_dag(self, dag_id: str) -> bool:
        return self._http.get(f"/dags/{dag_id}").status_code == httpx.codes.OK

    def import_errors(self) -> list[str]:
        """The last line of each DAG file's import error."""
        errors = self._call("GET", "/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

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
        try:
            response = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise StackError(f"Airflow does not answer at {self._http.base_url}: run `lakehouse status`.") from error
        if response.is_error:
            raise StackError(f"Airflow refused {method} {path}: {_reason(response)}")
        return response.json()


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
