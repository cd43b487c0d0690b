"""Runs of DAGs: trigger, watch, explain a failure."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stack.airflow_client import FINAL_RUN_STATES, AirflowClient, TaskRun
from stack.errors import StackError
from stack.settings import StackSettings
from stack.waiting import wait_until

DAILY_DAG = "financial_warehouse_daily"
ROLLBACK_DAG = "financial_warehouse_rollback"

_POLL_INTERVAL_SECONDS = 0.5
_LOG_TAIL_LINES = 15
_DAG_TIMEOUT_SECONDS = 60
_PATIENCE_SECONDS = 600
_STYLES = {"success": "green", "failed": "red", "upstream_failed": "red", "skipped": "magenta", "running": "yellow"}


@dataclass(frozen=True)
class DagRun:
    """A run and what it looked like when it was last read."""

    dag_id: str
    run_id: str
    state: str
    tasks: list[TaskRun]

    @property
    def is_successful(self) -> bool:
        return self.state == "success"


def trigger(settings: StackSettings, dag_id: str, conf: dict[str, Any] | None = None) -> str:
    """Start a run as soon as Airflow knows the DAG; returns the run's id.

    Raises StackError at once for a DAG that has no file, or whose file Airflow could not import.
    """
    names = sorted(path.stem for path in settings.dags_directory.glob("*.py"))
    if dag_id not in names:
        raise StackError(f"There is no DAG {dag_id}: name one of {', '.join(names)}.")
    client = AirflowClient(settings.airflow_url)

    def is_known() -> bool:
        if client.has_dag(dag_id):
            return True
        if problem := client.import_error(dag_id):
            raise StackError(f"Airflow cannot import the DAG {dag_id}: {problem}")
        return False

    wait_until(is_known, f"The DAG {dag_id}", _DAG_TIMEOUT_SECONDS)
    return client.trigger(dag_id, conf or {})


def watch(settings: StackSettings, dag_id: str, run_id: str, console: Console) -> DagRun:
    """Show the run's tasks until it ends: a table that refreshes, or lines where the output is no terminal.

    The run goes on while the API server is started again, and so does this.
    """
    minutes = _PATIENCE_SECONDS // 60

    def tell() -> None:
        console.print(f"Airflow does not answer: trying again for up to {minutes} minutes.", highlight=False)

    client = AirflowClient(settings.airflow_url, _PATIENCE_SECONDS, tell)
    show = _watch_table if console.is_terminal else _watch_lines
    return show(_progress(client, dag_id, run_id), console)


def finish(settings: StackSettings, dag_id: str, run_id: str, console: Console) -> DagRun:
    """Watch a run to its end; raises StackError, after the end of its failed tasks' logs, unless it succeeds."""
    run = watch(settings, dag_id, run_id, console)
    if not run.is_successful:
        explain_failure(settings, run, console)
        raise StackError(f"The run {run_id} of {dag_id} failed.")
    return run


def explain_failure(settings: StackSettings, run: DagRun, console: Console) -> None:
    """Print the end of the failed tasks' logs and where to read on."""
    client = AirflowClient(settings.airflow_url)
    for task in (task for task in run.tasks if task.state == "failed"):
        console.print(f"[red]{task.name} failed.[/] The end of its log:")
        for line in client.log_lines(run.dag_id, run.run_id, task)[-_LOG_TAIL_LINES:]:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    page = f"{settings.airflow_url_on_host}/dags/{run.dag_id}/runs/{run.run_id}"
    console.print(f"See {page} and {settings.logs_directory}", soft_wrap=True)


def _progress(client: AirflowClient, dag_id: str, run_id: str) -> Iterator[DagRun]:
    while True:
        state = client.run_state(dag_id, run_id)
        yield DagRun(dag_id, run_id, state, client.tasks(dag_id, run_id))
        if state in FINAL_RUN_STATES:
            return
        time.sleep(_POLL_INTERVAL_SECONDS)


def _watch_table(progress: Iterator[DagRun], console: Console) -> DagRun:
    with Live(console=console, refresh_per_second=4) as live:
        for run in progress:
            live.update(Group(Text(f"{run.dag_id} {run.run_id}: {run.state}"), task_table(run.tasks)))
    return run


def _watch_lines(progress: Iterator[DagRun], console: Console) -> DagRun:
    printed: dict[str, str | None] = {}
    for run in progress:
        for task in run.tasks:
            if task.state is not None and printed.get(task.name) != task.state:
                printed[task.name] = task.state
                console.print(f"{task.name}: {task.state}", _seconds(task), highlight=False)
    return run


def task_table(tasks: list[TaskRun]) -> Table:
    table = Table("Task", "State", "Seconds")
    table.columns[2].justify = "right"
    for task in tasks:
        state = task.state or "waiting"
        table.add_row(task.name, Text(state, style=_STYLES.get(state, "")), _seconds(task))
    return table


def _seconds(task: TaskRun) -> str:
    return "" if task.duration_seconds is None else f"{task.duration_seconds:.1f}"
