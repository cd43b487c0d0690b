"""
# Roll the warehouse back to an earlier snapshot

Publishes a snapshot that an earlier run of `financial_warehouse_daily` wrote, by the same tasks: the catalog moves to
it, Athena's views and checks run, Redshift is loaded from it, and the counts are compared with the snapshot's
manifest.

Trigger it with the parameter `snapshot`, the id of a snapshot that has not expired. Empty means the snapshot that was
published before the present one, so that triggering it twice leads back to where it began. The next daily run
publishes its own snapshot again: pause it when it should not.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.reconcile import reconcile
from lakehouse.serving import load, publish, query
from lakehouse.settings import GLUE_DATABASE, lakehouse_settings
from lakehouse.tags import Tag
from lakehouse_aws.hooks.snapshot import SnapshotHook

settings = lakehouse_settings()

with DAG(
    dag_id="financial_warehouse_rollback",
    description="Publishes an earlier snapshot of the star schema",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    params={
        "snapshot": Param(
            "",
            type="string",
            pattern=r"^[A-Za-z0-9_-]{0,255}$",
            title="Snapshot",
            description="Id of the snapshot to publish; empty for the one that was published before the present one",
        )
    },
    tags=[Tag.FINANCIAL, Tag.WAREHOUSE, Tag.OPERATIONS],
) as dag:

    @task
    def choose_snapshot(lake_bucket: str, *, params: dict[str, str] | None = None) -> str:
        """The snapshot asked for, or the previously published one; fails unless all of its tables are there."""
        hook = SnapshotHook(bucket=lake_bucket, database=GLUE_DATABASE)
        return hook.rollback_target(params["snapshot"])

    snapshot = choose_snapshot(settings.lake_bucket)
    published = publish(snapshot, settings)
    athena_fingerprints, *_ = query(published, settings)
    reconcile(snapshot, athena_fingerprints, load(published, settings))
