"""The end of a dataset's run whose tables are the same everywhere: rows written = published = Athena = Redshift."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from lakehouse.athena import athena_arguments
from lakehouse.reconciliation.audit_log import Reconciliation, send_metrics
from lakehouse.reconciliation.hops import Fingerprint, TableReconciliation, changed_in_publication
from lakehouse.reconciliation.task import results_of
from lakehouse.redshift import load_into_redshift, transaction
from lakehouse.settings import GLUE_DATABASE, LakehouseSettings, lakehouse_settings
from lakehouse_contract.branches import run_of

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol


def count_rows(tables: Sequence[str], settings: LakehouseSettings) -> AthenaQueryOperator:
    """A task that has Athena count the rows of each table; returns the query's id."""
    return AthenaQueryOperator(
        task_id="count_rows",
        query="sql/athena/audit_reconciliation/row_counts.sql",
        params={"tables": list(tables)},
        **athena_arguments(settings),
    )


def load_and_count(
    tables: Sequence[str], settings: LakehouseSettings, views: Sequence[str] = ()
) -> RedshiftLoadOperator:
    """A task that brings Redshift up to the tables, makes the views, and has it count the tables' rows at last."""
    create_views = [f"sql/redshift/{view}/create_view.sql" for view in views]
    scripts = transaction(then=[*create_views, "sql/redshift/audit_reconciliation/row_counts.sql"])
    return load_into_redshift("load", tables, settings, scripts=scripts)


@task(trigger_rule="none_failed_min_one_success")
def reconcile_rows(
    published: str,
    dataset: str,
    tables: list[str],
    athena_query: str,
    redshift_statements: list[str] | None,
    *,
    dag_run: "DagRunProtocol | None" = None,
) -> list[dict[str, Any]]:
    """Compare the counts of every hop and send them to CloudWatch; fail naming tables and hops when one differs.

    Runs when the load into Redshift was skipped, too, and not when nothing was published.

    :param published: the tag of what is published
    :param dataset: its name
    :param tables: those of the dataset that Athena and Redshift were asked for
    :param athena_query: id of the finished query of count_rows
    :param redshift_statements: ids of the statements of load_and_count; None without Redshift
    """
    lake = PublicationHook(bucket=lakehouse_settings().lake_bucket, database=GLUE_DATABASE)
    document = lake.run_document(run_of(published))
    changed = changed_in_publication(document, lake.published_rows(published, tables))
    athena, redshift = _in_athena(athena_query), _in_redshift(redshift_statements)
    counts = [
        TableReconciliation(
            table_name=table,
            source_rows=None,
            raw_rows=None,
            # A version in which a table did not exist yet has no rows of it.
            published_rows=document["tables"].get(table, {"rows": 0})["rows"],
            rejected_rows=None,
            published_amount=None,
            athena=athena[table],
            redshift=None if redshift is None else redshift[table],
        )
        for table in tables
    ]
    reconciliation = Reconciliation(
        dag_run.dag_id, dag_run.run_id, published, datetime.now(UTC), counts, dataset, dag_run.start_date
    )
    send_metrics(reconciliation)
    if broken := [*changed, *reconciliation.broken_hops]:
        raise AirflowFailException(f"Rows are not accounted for: {'; '.join(broken)}.")
    return [{"table_name": table.table_name, **table.counts()} for table in counts]


def _in_athena(query: str) -> dict[str, Fingerprint]:
    with results_of("count_rows"):
        return {row["table_name"]: Fingerprint(int(row["row_count"])) for row in AthenaRowsHook().rows(query)}


def _in_redshift(statements: list[str] | None) -> dict[str, Fingerprint] | None:
    if not statements:
        return None
    with results_of("load"):
        records = RedshiftDataHook().conn.get_statement_result(Id=statements[-1])["Records"]
    return {table["stringValue"]: Fingerprint(rows["longValue"]) for table, rows in records}
