"""What follows a publication, in the daily pipeline, in a replay and in a rollback."""

from collections.abc import Sequence
from datetime import timedelta

from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.sdk import XComArg, chain, task_group
from lakehouse_aws.athena.check import AthenaCheckOperator
from lakehouse_aws.athena.query import AthenaQueriesOperator, AthenaQueryOperator

from lakehouse.athena import athena_arguments
from lakehouse.reconciliation.task import reconcile
from lakehouse.redshift import load_into_redshift, preparation_of, transaction
from lakehouse.reports import report
from lakehouse.settings import LakehouseSettings
from lakehouse_contract.datasets import STAR_SCHEMA

VIEWS = ("customer_transaction_totals", "monthly_transaction_totals")

REDSHIFT_PREPARATION = preparation_of((*STAR_SCHEMA.tables, "audit_reconciliation"))
REDSHIFT_SCRIPTS = transaction(
    then=[
        *(f"sql/redshift/{view}/create_view.sql" for view in VIEWS),
        "sql/redshift/audit_reconciliation/fingerprints.sql",
    ]
)


def serve(published: XComArg, settings: LakehouseSettings, raw_counts: XComArg | None = None) -> None:
    """Ask the published tables, bring Redshift up to them, compare what both engines say with the run's document, and
    make the page of pictures.

    :param published: the tag of what is published
    :param raw_counts: rows by source and hop; None when nothing was extracted
    """
    # Nobody waits for the crawler: a table's columns and place are in the catalog with each commit.
    published >> crawl("refresh_catalog", "analytics-data-crawler", settings)
    fingerprints = query(published, settings)
    statements = load(published, settings)
    reconciled = reconcile(published, fingerprints, statements, raw_counts)
    chain([reconciled, fingerprints.operator.task_group], report("warehouse", settings))


@task_group
def query(published: XComArg, settings: LakehouseSettings) -> XComArg:
    """Ask Athena; returns the id of the query of every table's fingerprint."""
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
    published >> [fingerprints, verify_star_schema, customer_transaction_totals, create_views(VIEWS, settings)]
    return fingerprints.output


def create_views(views: Sequence[str], settings: LakehouseSettings) -> AthenaQueriesOperator:
    """A task that creates the views, or replaces them."""
    return AthenaQueriesOperator(
        task_id="create_views",
        queries=[f"sql/athena/{view}/create_view.sql" for view in views],
        **athena_arguments(settings),
    )


@task_group
def load(published: XComArg, settings: LakehouseSettings) -> XComArg:
    """Bring Redshift up to what is published in one transaction; skipped without a workgroup."""
    load_star_schema = load_into_redshift(
        "load_star_schema",
        STAR_SCHEMA.tables,
        settings,
        preparation=REDSHIFT_PREPARATION,
        scripts=REDSHIFT_SCRIPTS,
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
