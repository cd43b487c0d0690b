"""
# Build a past day of the warehouse again

Builds the star schema from the raw files that a run of `financial_warehouse_daily` has archived, and publishes it, by
the same tasks as the daily run: transform, audit, gate, publish, query, load, reconcile, report. The counts are
compared with those that DMS told when the files were extracted. The raw files of today are not touched.

Trigger it with the parameter `load_date`, the UTC day on which the files were loaded. Of several archives of a day the
latest complete one is taken; `run` names another, as its folder does after `run=`. The next daily run publishes the
present state again: pause it when it should not. To go back to a version that was published, and not build one,
trigger `financial_warehouse_rollback`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param
from lakehouse.defaults import dag_default_args
from lakehouse.extraction import choose_archive
from lakehouse.macros import sql_macros
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse.warehouse import build_and_serve

settings = lakehouse_settings()

with DAG(
    dag_id="financial_warehouse_replay",
    description="Builds and publishes the star schema of a past day from its archived raw files",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=8),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    params={
        "load_date": Param(
            type="string",
            format="date",
            title="Day",
            description="The UTC day on which the raw files were loaded, such as 2026-11-20",
        ),
        "run": Param(
            "",
            type="string",
            pattern=r"^[A-Za-z0-9._-]{0,280}$",
            title="Run",
            description="What follows run= in the archive's folder; empty for the latest complete archive of the day",
        ),
    },
    tags=[Tag.FINANCIAL, Tag.WAREHOUSE, Tag.OPERATIONS],
) as dag:
    archive = choose_archive(settings.raw_bucket)
    # A past day may have far fewer rows than today: that a table shrinks is what is asked for.
    build_and_serve(archive["raw_manifest"], archive["tables"], settings, audit_args={"--max_shrink_share": "1"})
