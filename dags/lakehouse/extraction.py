"""The full loads of the sources, what PostgreSQL says of the values that its load does not carry, and their archive."""

from datetime import timedelta
from typing import Any

from airflow.sdk import XComArg, chain, task, task_group
from lakehouse_aws.dms.find_changed_values import ChangedValuesOperator
from lakehouse_aws.dms.operator import ENDED_AT, DmsFullLoadOperator
from lakehouse_aws.raw_archive.hook import RawArchiveHook
from lakehouse_aws.raw_archive.operator import ArchiveRawOperator

from lakehouse.settings import LakehouseSettings
from lakehouse.tables import POSTGRES_TABLES

POSTGRES_FULL_LOAD = "rds-to-s3-full-load"
DOCDB_FULL_LOAD = "docdb-to-s3-full-load"


@task_group
def extract(settings: LakehouseSettings) -> tuple[dict[str, dict[str, XComArg]], ChangedValuesOperator]:
    """The rows and the end of each full load, by its identifier, and the last task.

    PostgreSQL is asked before its load and after it: what was corrected while the load ran is known from before, what
    came in from after.
    """
    postgres, documents = (_full_load(name, settings) for name in (POSTGRES_FULL_LOAD, DOCDB_FULL_LOAD))
    changed_after = _find_changed_values("after", settings)
    chain(_find_changed_values("before", settings), postgres, changed_after)
    loads = {load.full_load: {"rows": load.output, "ended_at": load.output[ENDED_AT]} for load in (postgres, documents)}
    return loads, changed_after


def archive_raw(extraction: XComArg, settings: LakehouseSettings) -> XComArg:
    """Keep the run's raw files; the key of the archive's manifest."""
    return ArchiveRawOperator(
        task_id="archive_raw",
        bucket=settings.raw_bucket,
        extraction=extraction,
        execution_timeout=timedelta(hours=1),
    ).output


@task(multiple_outputs=True)
def choose_archive(raw_bucket: str, *, params: dict[str, str] | None = None) -> dict[str, Any]:
    """The manifest of the archive asked for (`raw_manifest`, its key) and its counts (`tables`).

    Fails without a retry when the day has no complete archive, or not that of the run.
    """
    manifest = RawArchiveHook().find(raw_bucket, params["load_date"], params["run"])
    return {"raw_manifest": manifest.key, "tables": manifest.tables}


def _full_load(full_load: str, settings: LakehouseSettings) -> DmsFullLoadOperator:
    return DmsFullLoadOperator(
        task_id=full_load.replace("-", "_"),
        full_load=full_load,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=4),
    )


def _find_changed_values(moment: str, settings: LakehouseSettings) -> ChangedValuesOperator:
    return ChangedValuesOperator(
        task_id=f"find_changed_values_{moment}",
        full_load=POSTGRES_FULL_LOAD,
        tables={table.source_name: table.name for table in POSTGRES_TABLES},
        query="sql/postgres/changed_by_dms.sql",
        bucket=settings.raw_bucket,
        key=f"raw/changed_by_dms/{moment}.parquet",
        execution_timeout=timedelta(hours=1),
    )
