"""
# The daily financial warehouse

Loads the customers, accounts and transactions of PostgreSQL and the transaction events of DocumentDB into the lake,
turns them into a star schema, and serves it in Athena and Redshift.

1. **extract**: two DMS full loads, side by side, replace the files below `raw/`. Before and after its load, PostgreSQL
   is asked for the keys and columns of the values that DMS does not carry as they are (infinite and far dates, NaN,
   long texts): the transform rejects these rows as `changed_by_dms`.
2. **check_raw_tables**: the rows that DMS loaded must be the rows of the Parquet files, and no table may be empty.
3. **archive_raw**: the run's raw files are kept in its archive, so that any day can be replayed. Another run's files
   are refused.
4. **catalog_raw**: the crawler `postgres-data-crawler` brings the raw tables' columns into the database
   `financial_raw_db`, for the few who may query them.
5. **transform**: the Glue job `transform-to-star-schema` reads the archive and writes every table to an Iceberg branch
   of its run, which begins at what is published; what did not change is not written. The run's name is the id of the
   job run.
6. **audit**: the Glue job `audit-dataset` evaluates the expectations on that branch, and `quality_gate` stops
   the run on a critical failure. Data Docs are linked on that task. Warnings are reported, and the share of passed
   expectations goes to CloudWatch.
7. **publish**: `main` of each table moves to the branch, dimensions before facts, and is tagged `published_<run>`.
   Until here a failed run changes nothing that is visible; from here readers see it. The crawler
   `analytics-data-crawler` refreshes the catalog's entries; nothing waits for it.
8. **query**: Athena creates the views, answers which ten customers moved the most money, by their keys, and must find
   no violation.
9. **load**: Redshift takes the partitions that changed since the version that it holds, in one transaction that writes
   the new version. Skipped when no Redshift workgroup is configured.
10. **reconcile**: source = raw = published + rejected = Athena = Redshift, per table, kept in `audit_reconciliation`
    and sent to CloudWatch. Athena and Redshift must also agree on the sums of money and on a hash
    of all rows, points in time left out.
11. **report**: the page of pictures: transactions and totals by month, the largest totals by customer key, rejects and
    the rows at every hop. It is linked on the task.

Every task may be retried or cleared, also of an old run: it does its work again, or says in a sentence why not. A run
is published once, and only on top of what was published when it began; `load` always brings Redshift to what is
published now. To go back to an earlier version, trigger `financial_warehouse_rollback`; to build a past day again from
its archive, `financial_warehouse_replay`.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, chain
from lakehouse.assets import raw_assets
from lakehouse.defaults import dag_default_args
from lakehouse.extraction import archive_raw, extract
from lakehouse.macros import sql_macros
from lakehouse.raw_gate import check_raw_tables
from lakehouse.serving import crawl
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse.warehouse import build_and_serve

settings = lakehouse_settings()

with DAG(
    dag_id="financial_warehouse_daily",
    description="PostgreSQL and DocumentDB to a star schema in Athena and Redshift",
    doc_md=__doc__,
    # 05:00 UTC: midnight has passed on the American east coast, Europe has not started work.
    schedule=CronTriggerTimetable("0 5 * * *", timezone="UTC", run_immediately=timedelta()),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    tags=[Tag.FINANCIAL, Tag.WAREHOUSE, Tag.DAILY],
) as dag:
    full_loads, changed_values = extract(settings)
    extraction = check_raw_tables.override(outlets=raw_assets(settings))(full_loads, settings.raw_bucket)
    raw_manifest = archive_raw(extraction, settings)
    catalog_raw = crawl("catalog_raw", "postgres-data-crawler", settings)

    build_and_serve(raw_manifest, extraction["tables"], settings)

    chain(changed_values, extraction, catalog_raw)
