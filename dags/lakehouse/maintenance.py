"""The task that maintains the tables of a dataset."""

from collections.abc import Sequence
from datetime import timedelta

from lakehouse_aws.glue.script import GlueScriptOperator

from lakehouse.settings import LakehouseSettings


def maintain(pool: str, tables: Sequence[str], settings: LakehouseSettings) -> GlueScriptOperator:
    """A task of the dataset that has the pool, which its jobs that write and its tasks that publish hold, too."""
    return GlueScriptOperator(
        task_id=f"maintain_{pool}",
        job_name="maintain-lakehouse-tables",
        script_args={"--tables": ",".join(tables), "--retention_days": str(settings.snapshot_retention_days)},
        pool=pool,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )
