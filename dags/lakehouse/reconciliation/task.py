"""The task that ends a run: counts, sums and hashes of every hop compared, kept and reported."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException
from botocore.exceptions import ClientError
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.iceberg.publication import PublicationHook

from lakehouse.reconciliation.audit_log import Reconciliation, send_metrics, write_to_lake, write_to_redshift
from lakehouse.reconciliation.hops import Fingerprint, changed_in_publication, reconcile_tables
from lakehouse.settings import GLUE_DATABASE, lakehouse_settings
from lakehouse_contract.branches import run_of
from lakehouse_contract.datasets import STAR_SCHEMA

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol

# What the engines answer when they keep a query or statement no longer.
EXPIRED = {"ResourceNotFoundException", "InvalidRequestException"}
logger = logging.getLogger(__name__)


@task(
    trigger_rule="none_failed",
    templates_dict={
        "delete_run": "sql/redshift/audit_reconciliation/delete_run.sql",
        "insert_run": "sql/redshift/audit_reconciliation/insert_run.sql",
    },
    templates_exts=[".sql"],
)
def reconcile(
    published: str,
    athena_fingerprints_query: str,
    redshift_statements: list[str] | None,
    raw_counts: dict[str, dict[str, int]] | None = None,
    *,
    dag_run: "DagRunProtocol | None" = None,
    templates_dict: dict[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Compare the rows, money and hashes of every hop; fail naming tables and hops when one differs.

    Runs when the load into Redshift was skipped, too. Of a run that is published no longer it says so: what the
    engines answered then is compared with nothing that they hold today.

    :param published: the tag of what is published
    :param athena_fingerprints_query: id of the finished query of Athena's fingerprints
    :param redshift_statements: ids of the load's statements, the last one asked for Redshift's fingerprints; None
        without Redshift
    :param raw_counts: what check_raw_tables returned; None when nothing was extracted
    """
    settings = lakehouse_settings()
    lake = PublicationHook(bucket=settings.lake_bucket, database=GLUE_DATABASE)
    document = lake.run_document(run_of(published))
    changed = changed_in_publication(document, lake.published_rows(published, STAR_SCHEMA.tables))
    tables = reconcile_tables(
        document,
        raw_counts,
        athena_fingerprints(athena_fingerprints_query),
        redshift_fingerprints(redshift_statements),
    )
    reconciliation = Reconciliation(
        dag_run.dag_id, dag_run.run_id, published, datetime.now(UTC), tables, STAR_SCHEMA.name, dag_run.start_date
    )
    for table in tables:
        logger.info("%s: %s", table.table_name, table.counts())
    write_to_lake(reconciliation, settings)
    if redshift_statements:
        write_to_redshift(reconciliation, settings, templates_dict["delete_run"], templates_dict["insert_run"])
    send_metrics(reconciliation)
    if broken := [*changed, *reconciliation.broken_hops]:
        raise AirflowFailException(f"Rows are not accounted for: {'; '.join(broken)}.")
    return [{"table_name": table.table_name, **table.counts()} for table in tables]


def athena_fingerprints(query_execution_id: str) -> dict[str, Fingerprint]:
    with results_of("query.fingerprints"):
        rows = AthenaRowsHook().rows(query_execution_id)
    return {row["table_name"]: fingerprint(row["row_count"], row["amount"], row["row_hash"]) for row in rows}


def redshift_fingerprints(statements: list[str] | None) -> dict[str, Fingerprint] | None:
    if not statements:
        return None
    with results_of("load.load_star_schema"):
        records = RedshiftDataHook().conn.get_statement_result(Id=statements[-1])["Records"]
    return {
        table["stringValue"]: fingerprint(*(field.get("stringValue") for field in numbers))
        for table, *numbers in records
    }


@contextmanager
def results_of(task_id: str) -> Iterator[None]:
    """Athena keeps the results of a query for 45 days, the Data API those of a statement for one."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in EXPIRED:
            raise
        raise AirflowFailException(
            f"What {task_id} found has expired ({error.response['Error']['Message']}): clear that task, too."
        ) from None


def fingerprint(row_count: str, amount: str | None, row_hash: str | None) -> Fingerprint:
    return Fingerprint(int(row_count), None if amount is None else Decimal(amount), row_hash)
