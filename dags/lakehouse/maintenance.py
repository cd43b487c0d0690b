"""The tasks of maintenance: one per dataset, and one that measures the zones."""

from datetime import timedelta

from lakehouse_aws.glue.script import GlueScriptOperator
from lakehouse_aws.storage import MeasureStorageOperator

from lakehouse.settings import LakehouseSettings
from lakehouse_contract.datasets import Dataset

ZONES_OF_LAKE = ("landing", "claimed", "processed", "quarantine", "analytics")
ZONES_OF_RAW = ("raw", "archive")


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


def measure_storage(settings: LakehouseSettings) -> MeasureStorageOperator:
    """The task that sends the size of each zone to CloudWatch, beside the others: it reads, and needs no pool."""
    lake = {zone: (settings.lake_bucket, f"{zone}/") for zone in ZONES_OF_LAKE}
    raw = {zone: (settings.raw_bucket, f"{zone}/") for zone in ZONES_OF_RAW}
    return MeasureStorageOperator(task_id="measure_storage", zones=lake | raw)
