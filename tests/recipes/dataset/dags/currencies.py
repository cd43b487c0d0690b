"""
# Currencies

The list of currencies, from the files at `reference/currencies/` of the lake to Athena and Redshift, once a week.

1. **transform**: the Glue job `transform-currencies` writes the list to a branch of its run; a list that did not change
   is not written. A row without code or name fails it.
2. **audit**, **quality_gate**: the expectations are evaluated on that branch; a critical failure stops the run.
3. **publish**: `main` moves to the branch, and is tagged `published_<run>`.
4. **verify**: Athena must find no violation.
5. **load**: Redshift takes the list if it changed. Skipped when no Redshift workgroup is configured.
6. **reconcile**: written = published = Athena = Redshift.

Every task may be retried or cleared.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from lakehouse.athena import athena_arguments
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.publishing import write_audit_publish
from lakehouse.reconciliation.rows import count_rows, load_and_count, reconcile_rows
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse_aws.athena.check import AthenaCheckOperator

from lakehouse_contract.datasets import CURRENCIES

settings = lakehouse_settings()

with DAG(
    dag_id="currencies",
    description="The list of currencies to Athena and Redshift",
    doc_md=__doc__,
    # 04:00 UTC on Mondays: maintenance has ended, the warehouse has not begun.
    schedule=CronTriggerTimetable("0 4 * * 1", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    tags=[Tag.FINANCIAL, Tag.WAREHOUSE],
) as dag:
    published = write_audit_publish(CURRENCIES, transform_job="transform-currencies", script_args={}, settings=settings)

    verify = AthenaCheckOperator(
        task_id="verify", query="sql/athena/currencies/verification.sql", **athena_arguments(settings)
    )
    counted = count_rows(CURRENCIES.tables, settings)
    loaded = load_and_count(CURRENCIES.tables, settings)
    published >> [verify, counted, loaded]

    reconcile_rows(published, CURRENCIES.name, list(CURRENCIES.tables), counted.output, loaded.output)
