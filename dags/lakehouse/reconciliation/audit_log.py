"""Where reconciliations are kept: JSON lines in the lake, a table in Redshift, metrics in CloudWatch."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.metrics import MetricsHook, metric
from lakehouse_aws.polling import SHORT_POLL_SECONDS

from lakehouse.reconciliation.hops import TableReconciliation
from lakehouse.settings import REDSHIFT_DATABASE, LakehouseSettings

SQL_NULL = "null"


@dataclass(frozen=True)
class Reconciliation:
    """The reconciliation of one DAG run, by its DAG and its id there, and the tag of what was published.

    `dataset` is the name of the dataset. The DAG run began at `began_at`.
    """

    dag_id: str
    run_id: str
    published: str
    reconciled_at: datetime
    tables: list[TableReconciliation]
    dataset: str
    began_at: datetime

    @property
    def reconciled_at_text(self) -> str:
        """UTC, as Hive's JSON reader and Redshift parse a timestamp."""
        return self.reconciled_at.strftime("%Y-%m-%d %H:%M:%S")

    @property
    def broken_hops(self) -> list[str]:
        return [hop for table in self.tables for hop in table.broken_hops]


def write_to_lake(reconciliation: Reconciliation, settings: LakehouseSettings) -> None:
    """One object per DAG run, replaced by a retry."""
    lines = [
        json.dumps(
            {
                "dag_id": reconciliation.dag_id,
                "run_id": reconciliation.run_id,
                "published_tag": reconciliation.published,
                "reconciled_at": reconciliation.reconciled_at_text,
                "table_name": table.table_name,
                **table.counts(),
                "is_reconciled": table.is_reconciled,
            }
        )
        for table in reconciliation.tables
    ]
    name = re.sub(r"[^A-Za-z0-9._-]", "_", reconciliation.run_id)
    key = f"audit/reconciliation/{reconciliation.dag_id}/{name}.json"
    LakeHook().load_string("\n".join(lines) + "\n", key, settings.lake_bucket, replace=True)


def write_to_redshift(
    reconciliation: Reconciliation, settings: LakehouseSettings, delete_run_sql: str, insert_run_sql: str
) -> None:
    """Replace the DAG run's rows in analytics.audit_reconciliation."""
    run = {"dag_id": reconciliation.dag_id, "run_id": reconciliation.run_id}
    rows = run | {"published_tag": reconciliation.published, "reconciled_at": reconciliation.reconciled_at_text}
    for table in reconciliation.tables:
        for column, count in table.counts().items():
            rows[f"{table.table_name}_{column}"] = SQL_NULL if count is None else str(count)
        rows[f"{table.table_name}_is_reconciled"] = str(table.is_reconciled).lower()
    for sql, values in ((delete_run_sql, run), (insert_run_sql, rows)):
        RedshiftDataHook().execute_query(
            sql,
            database=REDSHIFT_DATABASE,
            workgroup_name=settings.redshift_workgroup,
            parameters=[{"name": name, "value": value} for name, value in values.items()],
            poll_interval=SHORT_POLL_SECONDS,
        )


def send_metrics(reconciliation: Reconciliation) -> None:
    """Rows per table and hop; by dataset, how many tables do not reconcile, and how long the DAG run took so far."""
    at = reconciliation.reconciled_at
    metrics = [
        metric("".join(part.capitalize() for part in column.split("_")), count, at=at, Table=table.table_name)
        for table in reconciliation.tables
        for column, count in table.counts().items()
        if count is not None
    ]
    unreconciled = sum(not table.is_reconciled for table in reconciliation.tables)
    seconds = (at - reconciliation.began_at).total_seconds()
    metrics += [
        metric("UnreconciledTables", unreconciled, at=at, Dataset=reconciliation.dataset),
        metric("RunSeconds", seconds, "Seconds", at=at, Dataset=reconciliation.dataset),
    ]
    MetricsHook().send(metrics)
