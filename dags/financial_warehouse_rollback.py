"""
# Roll the warehouse back to an earlier version

Publishes a version of the star schema again that was published before: the facts go back to what both versions were
built on, then the dimensions and the facts move to the version, so that a reader finds no fact without its dimension
row at any moment. Then the same tasks as in `financial_warehouse_daily` follow: Athena's views and checks run, Redshift
is brought to the version, the counts are compared with what its run wrote, and the page of pictures is made of it.

Trigger it with the parameter `tag`, such as `published_jr_0a1b2c`, of a version that has not expired. Empty means the
version that was published before the present one, so that triggering it twice leads back to where it began. A table
that the dataset did not have yet in the version is emptied; a version that has it brings its rows back. The next daily
run begins at what is published then, and publishes today's data again: pause it when it should not. A run that had
begun before is refused by its publish task.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task
from lakehouse.assets import dataset_assets
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.serving import serve
from lakehouse.settings import GLUE_DATABASE, lakehouse_settings
from lakehouse.tags import Tag
from lakehouse_aws.iceberg.operators import RollbackOperator
from lakehouse_aws.iceberg.publication import PublicationHook

from lakehouse_contract.datasets import STAR_SCHEMA

settings = lakehouse_settings()

with DAG(
    dag_id="financial_warehouse_rollback",
    description="Publishes an earlier version of the star schema again",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    params={
        "tag": Param(
            "",
            type="string",
            pattern=r"^(published_[A-Za-z0-9_-]{1,200})?$",
            title="Tag",
            description="Tag of the version to publish; empty for the one that was published before the present one",
        )
    },
    tags=[Tag.FINANCIAL, Tag.WAREHOUSE, Tag.OPERATIONS],
) as dag:

    @task
    def choose_version(lake_bucket: str, *, params: dict[str, str] | None = None) -> str:
        """The tag asked for, or that of the version published before; fails unless every table has it."""
        hook = PublicationHook(bucket=lake_bucket, database=GLUE_DATABASE)
        return hook.rollback_target(params["tag"], STAR_SCHEMA.tables)

    publish = RollbackOperator(
        task_id="publish",
        tag=choose_version(settings.lake_bucket),
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        dimensions=STAR_SCHEMA.dimensions,
        facts=STAR_SCHEMA.facts,
        pool=STAR_SCHEMA.pool,
        outlets=dataset_assets(STAR_SCHEMA, settings),
    )
    serve(publish.output, settings)
