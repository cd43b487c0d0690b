"""The task that maintains the tables of a dataset."""

from datetime import timedelta

from lakehouse_aws.glue.script import GlueScriptOperator

from lakehouse.settings import LakehouseSettings
from lakehouse_contract.datasets import Dataset


def maintain(dataset: Dataset, settings: LakehouseSettings) -> GlueScriptOperator:
    """In the dataset's pool, which its jobs that write and its tasks that publish hold, too."""
    return GlueScriptOperator(
        task_id=f"maintain_{dataset.name}",
        job_name="maintain-lakehouse-tables",
        script_args={"--tables": ",".join(dataset.tables), "--retention_days": str(settings.version_retention_days)},
        pool=dataset.pool,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )
