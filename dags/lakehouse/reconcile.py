"""The task that ends a run: counts, sums and hashes of every hop compared, kept and reported."""

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.hooks.athena_rows import AthenaRowsHook
from lakehouse_aws.hooks.snapshot import SnapshotHook

from lakehouse.audit_log import Reconciliation, send_metrics, write_to_lake, write_to_redshift
from lakehouse.reconciliation import Fingerprint, reconcile_tables
from lakehouse.settings import GLUE_DATABASE, lakehouse_settings

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
    snapshot: str,
    athena_fingerprints_query: str,
    redshift_statements: list[str] | None,
    raw_counts: dict[str, dict[str, int]] | None = None,
    *,
    run_id: str | None = None,
    templates_dict: dict[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Compare the rows, money and hashes of every hop; fail naming tables and hops when one differs.

    Runs when the load into Redshift was skipped, too.

    :param athena_fingerprints_query: id of the finished query of Athena's fingerprints
    :param redshift_statements: ids of the load's statements, the last one asked for Redshift's fingerprints; None
        without Redshift
    :param raw_counts: what check_raw_tables returned; None when nothing was extracted
    """
    settings = lakehouse_settings()
    manifest = SnapshotHook(bucket=settings.lake_bucket, database=GLUE_DATABASE).manifest(snapshot)
    tables = reconcile_tables(
        manifest,
        raw_counts,
        athena_fingerprints(athena_fingerprints_query),
        redshift_fingerprints(redshift_statements),
    )
    reconciliation = Reconciliation(run_id, snapshot, datetime.now(UTC), tables)
    for table in tables:
        logger.info("%s: %s", table.table_name, table.counts())
    write_to_lake(reconciliation, settings)
    if redshift_statements:
        write_to_redshift(reconciliation, settings, templates_dict["delete_run"], templates_dict["insert_run"])
    send_metrics(reconciliation)
    if reconciliation.broken_hops:
        raise AirflowFailException(f"Rows are not accounted for: {'; '.join(reconciliation.broken_hops)}.")
    return [{"table_name": table.table_name, **table.counts()} for table in tables]


def athena_fingerprints(query_execution_id: str) -> dict[str, Fingerprint]:
    return {
        row["table_name"]: fingerprint(row["row_count"], row["amount"], row["row_hash"])
        for row in AthenaRowsHook().rows(query_execution_id)
    }


def redshift_fingerprints(statements: list[str] | None) -> dict[str, Fingerprint] | None:
    if not statements:
        return None
    records = RedshiftDataHook().conn.get_statement_result(Id=statements[-1])["Records"]
    return {
        table["stringValue"]: fingerprint(*(field.get("stringValue") for field in numbers))
        for table, *numbers in records
    }


def fingerprint(row_count: str, amount: str | None, row_hash: str | None) -> Fingerprint:
    return Fingerprint(int(row_count), None if amount is None else Decimal(amount), row_hash)
