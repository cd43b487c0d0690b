"""The end of a dataset's run whose tables are the same everywhere: rows written = published = Athena = Redshift."""

import logging
from collections.abc import Mapping

from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException
from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from lakehouse.reconciliation.task import results_of
from lakehouse.redshift import load_into_redshift, transaction
from lakehouse.serving import athena_arguments
from lakehouse.settings import GLUE_DATABASE, LakehouseSettings, lakehouse_settings
from lakehouse_contract.branches import run_of
from lakehouse_contract.datasets import Dataset

logger = logging.getLogger(__name__)


def count_rows(dataset: Dataset, settings: LakehouseSettings) -> AthenaQueryOperator:
    """A task that has Athena count the rows of each table; returns the query's id."""
    return AthenaQueryOperator(
        task_id="count_rows",
        query="sql/athena/audit_reconciliation/row_counts.sql",
        params={"tables": list(dataset.tables)},
        **athena_arguments(settings),
    )


def load_and_count(dataset: Dataset, settings: LakehouseSettings) -> RedshiftLoadOperator:
    """A task that brings Redshift up to the tables, and has it count their rows at last."""
    scripts = transaction(then=["sql/redshift/audit_reconciliation/row_counts.sql"])
    return load_into_redshift("load", dataset.tables, settings, scripts=scripts)


@task(trigger_rule="none_failed")
def reconcile_rows(
    published: str, tables: list[str], athena_query: str, redshift_statements: list[str] | None
) -> dict[str, dict[str, int]]:
    """Compare the counts of every hop; fail naming tables and hops when one differs. Returns rows by table and hop.

    :param published: the tag of what is published
    :param athena_query: id of the finished query of count_rows
    :param redshift_statements: ids of the statements of load_and_count; None without Redshift
    """
    lake = PublicationHook(bucket=lakehouse_settings().lake_bucket, database=GLUE_DATABASE)
    document = lake.run_document(run_of(published))
    with results_of("count_rows"):
        in_athena = {row["table_name"]: int(row["row_count"]) for row in AthenaRowsHook().rows(athena_query)}
    hops: dict[str, Mapping[str, int]] = {
        "written": {table: entry["rows"] for table, entry in document["tables"].items()},
        "published": lake.published_rows(published, tables),
        "Athena": in_athena,
    }
    if redshift_statements:
        hops["Redshift"] = _in_redshift(redshift_statements)
    counts = {table: {hop: rows.get(table, 0) for hop, rows in hops.items()} for table in tables}
    logger.info("%s", counts)
    if broken := [f"{table}: {found}" for table, found in counts.items() if len(set(found.values())) > 1]:
        raise AirflowFailException(f"Rows are not accounted for: {'; '.join(broken)}.")
    return counts


def _in_redshift(statements: list[str]) -> dict[str, int]:
    with results_of("load"):
        records = RedshiftDataHook().conn.get_statement_result(Id=statements[-1])["Records"]
    return {table["stringValue"]: rows["longValue"] for table, rows in records}
