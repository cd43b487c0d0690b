"""The daily warehouse in a stack of its own: seconds from nothing to a green run, and Airflow's share of a second one.

The engines' work on the critical path is what the engines themselves report: the slower full load, the crawl, the two
Glue jobs, and the slowest of what follows the publication (the Athena queries, the Redshift load, the second crawl).
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from stack import aws
from stack.demo import seed_sources
from stack.lifecycle import Stack
from stack.ports import free_ports
from stack.queries import ATHENA_WORKGROUP
from stack.runs import DAILY_DAG, trigger, watch
from stack.seed.size import SeedSize
from stack.settings import StackSettings

Seconds = float


def main(scale: float) -> list[dict[str, Any]]:
    """One line; `overhead` is the run's wall time beyond the engines' work, as a share of that work."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="daily-warehouse-") as folder:
        Path(folder).chmod(0o755)
        stack = Stack(StackSettings(Path(folder, "home"), *free_ports(5)))
        started = time.perf_counter()
        try:
            stack.up(console.print)
            seed_sources(stack, SeedSize(scale, datetime.now(UTC).date()), console)
            run_daily_warehouse(stack.settings, console)
            first_run_seconds = time.perf_counter() - started
            run_started_at = datetime.now(UTC)
            wall_seconds = run_daily_warehouse(stack.settings, console)
            engines = engine_seconds(stack.settings, run_started_at)
        finally:
            stack.clean()
    work_seconds = sum(engines.values())
    return [
        {
            "benchmark": "daily_warehouse",
            "scale": scale,
            "nothing_to_green_seconds": round(first_run_seconds, 1),
            "run_seconds": round(wall_seconds, 1),
            "engine_seconds": round(work_seconds, 1),
            "overhead": round(wall_seconds / work_seconds - 1, 3),
            **{f"{engine}_seconds": round(seconds, 1) for engine, seconds in engines.items()},
        }
    ]


def run_daily_warehouse(settings: StackSettings, console: Console) -> Seconds:
    """Raises RuntimeError unless the run succeeds."""
    started = time.perf_counter()
    run = watch(settings, DAILY_DAG, trigger(settings, DAILY_DAG), console)
    if not run.is_successful:
        raise RuntimeError(f"The run {run.run_id} ended {run.state}")
    return time.perf_counter() - started


def engine_seconds(settings: StackSettings, since: datetime) -> dict[str, Seconds]:
    """Work of the engines on the critical path of the run that began at `since`."""
    return {
        "full_load": full_load_seconds(settings),
        "crawl": crawl_seconds(settings, "postgres-data-crawler"),
        "transform": job_seconds(settings, "transform-to-star-schema"),
        "audit": job_seconds(settings, "audit-dataset"),
        "serve": max(
            crawl_seconds(settings, "analytics-data-crawler"),
            athena_seconds(settings, since),
            redshift_seconds(settings, since),
        ),
    }


def full_load_seconds(settings: StackSettings) -> Seconds:
    tasks = aws.client("dms", settings).describe_replication_tasks()["ReplicationTasks"]
    return max(task["ReplicationTaskStats"]["ElapsedTimeMillis"] for task in tasks) / 1000


def crawl_seconds(settings: StackSettings, crawler: str) -> Seconds:
    crawl = aws.client("glue", settings).list_crawls(CrawlerName=crawler, MaxResults=1)["Crawls"][0]
    return (crawl["EndTime"] - crawl["StartTime"]).total_seconds()


def job_seconds(settings: StackSettings, job: str) -> Seconds:
    runs = aws.client("glue", settings).get_job_runs(JobName=job)["JobRuns"]
    newest = max(runs, key=lambda run: run["StartedOn"])
    return (newest["CompletedOn"] - newest["StartedOn"]).total_seconds()


def athena_seconds(settings: StackSettings, since: datetime) -> Seconds:
    athena = aws.client("athena", settings)
    ids = athena.list_query_executions(WorkGroup=ATHENA_WORKGROUP, MaxResults=50)["QueryExecutionIds"]
    executions = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
    return max(
        execution["Statistics"]["TotalExecutionTimeInMillis"] / 1000
        for execution in executions
        if execution["Status"]["SubmissionDateTime"] >= since
    )


def redshift_seconds(settings: StackSettings, since: datetime) -> Seconds:
    redshift = aws.client("redshift-data", settings)
    statements = redshift.list_statements(Status="FINISHED", MaxResults=50)["Statements"]
    durations = [
        redshift.describe_statement(Id=statement["Id"])["Duration"]
        for statement in statements
        if statement["CreatedAt"] >= since
    ]
    return max(durations) / 1e9


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1)
    for row in main(parser.parse_args().scale):
        print(json.dumps(row))
