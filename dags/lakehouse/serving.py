"""The task groups that make a snapshot visible, in the daily pipeline and in a rollback."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.sdk import XComArg, task_group
from airflow.sdk.definitions.mappedoperator import MappedOperator
from lakehouse_aws.operators.athena_check import AthenaCheckOperator
from lakehouse_aws.operators.athena_query import AthenaQueryOperator
from lakehouse_aws.operators.publish_snapshot import PublishSnapshotOperator
from lakehouse_aws.redshift.script import RedshiftScriptOperator

from lakehouse.assets import analytics_assets
from lakehouse.settings import ATHENA_WORKGROUP, GLUE_DATABASE, REDSHIFT_DATABASE, LakehouseSettings
from lakehouse.tables import ANALYTICS_TABLES

VIEWS = ("customer_transaction_totals", "monthly_transaction_totals")

REDSHIFT_SCRIPTS = [
    "sql/redshift/create_schema.sql",
    *(f"sql/redshift/{table}/create_table.sql" for table in (*ANALYTICS_TABLES, "audit_reconciliation")),
    *(f"sql/redshift/{table}/load.sql" for table in ANALYTICS_TABLES),
    *(f"sql/redshift/{view}/create_view.sql" for view in VIEWS),
    "sql/redshift/audit_reconciliation/fingerprints.sql",
]


@task_group
def publish(snapshot: XComArg, settings: LakehouseSettings) -> XComArg:
    """Move the catalog to the snapshot, then refresh the partitions registered for readers other than Athena."""
    published = PublishSnapshotOperator(
        task_id="publish_snapshot",
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        snapshot=snapshot,
        outlets=analytics_assets(settings),
    )
    published >> crawl("refresh_partitions", "analytics-data-crawler", settings)
    return published.output


@task_group
def query(published: XComArg, settings: LakehouseSettings) -> list[XComArg]:
    """Ask Athena: first of the outputs is the id of the query of every table's fingerprint."""
    athena = athena_arguments(settings)
    fingerprints = AthenaQueryOperator(
        task_id="fingerprints", query="sql/athena/audit_reconciliation/fingerprints.sql", **athena
    )
    verify_star_schema = AthenaCheckOperator(
        task_id="verify_star_schema", query="sql/athena/verification/star_schema.sql", **athena
    )
    customer_transaction_totals = AthenaQueryOperator(
        task_id="customer_transaction_totals", query="sql/athena/customer_transaction_totals/question.sql", **athena
    )
    tasks = [fingerprints, verify_star_schema, customer_transaction_totals, create_views(VIEWS, settings)]
    published >> tasks
    return [task.output for task in tasks]


def create_views(views: Sequence[str], settings: LakehouseSettings) -> MappedOperator:
    """A mapped task that creates each view, or replaces it."""
    return AthenaQueryOperator.partial(
        task_id="create_view",
        map_index_template="{{ task.query.split()[4] }}",
        **athena_arguments(settings),
    ).expand(query=[f"sql/athena/{view}/create_view.sql" for view in views])


def athena_arguments(settings: LakehouseSettings) -> dict[str, Any]:
    return {
        "database": GLUE_DATABASE,
        "workgroup": ATHENA_WORKGROUP,
        "output_location": settings.athena_output_location,
    }


@task_group
def load(published: XComArg, settings: LakehouseSettings) -> XComArg:
    """Copy the published snapshot into Redshift in one transaction; skipped without a workgroup."""
    load_star_schema = RedshiftScriptOperator(
        task_id="load_star_schema",
        scripts=REDSHIFT_SCRIPTS,
        database=REDSHIFT_DATABASE,
        workgroup_name=settings.redshift_workgroup,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )
    published >> load_star_schema
    return load_star_schema.output


def crawl(task_id: str, crawler: str, settings: LakehouseSettings) -> GlueCrawlerOperator:
    """A crawl by a crawler that exists; a retry waits for the one that is running."""
    return GlueCrawlerOperator(
        task_id=task_id,
        config={"Name": crawler},
        poll_interval=settings.poll_interval_seconds,
        deferrable=True,
        fail_on_already_running=False,
        execution_timeout=timedelta(hours=1),
    )
