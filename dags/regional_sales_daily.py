"""
# Sales records by region

Once a day the files of sales records that somebody has put into `landing/sales/` become orders, and their sums by
country and quarter, for Athena and Redshift. Each file is taken exactly once, by the parts that take stock files.

1. **claim_files**: moves the files that are complete out of the landing prefix into this run's claim, so that none is
   taken twice, together with what a run before left behind. Files of other names go to quarantine after an hour. When
   nothing has arrived, this task and all others are skipped, and the run is green. What a run before began to publish
   is completed; without other files this run does what follows that publication.
2. **transform**: the Glue job `aggregate-regional-sales` reads the claim's files, puts those aside that are no sales
   records, rejects rows with their reason, and merges the others by the order's id: the latest arrival stands. It
   writes `fact_sales`, `dim_products`, `dim_regions`, `regionalsales`, the rejects and the files' ledger to Iceberg
   branches of its run.
3. **audit**, **quality_gate**: the expectations are evaluated on these branches; a critical failure stops the run.
   When the job or the audit failed twice on a claim, the next runs ingest its halves. A file on which the job fails
   twice alone goes to quarantine; one whose run fails its audit waits in a claim of its own, for the tables may be at
   fault. A run makes one try: trigger the DAG again to have the other files sooner.
4. **publish**: `main` of each table moves to the branch, dimensions first, the ledger last, if no later claim has taken
   the files. Then the files move on to `processed/sales/` or, with the reason beside them, to `quarantine/sales/`.
5. **catalog**: the crawler `sales-data-crawler` brings the catalog up to what is published; nothing waits for it.
6. **verify**, **create_views**: every row of every loaded file must be an order or a reject, and Athena must find no
   other violation; it has the views of the three questions.
7. **load**, **ask**: Redshift takes what changed, has the same views, and answers the questions: how many rows, the
   first of them, revenue and profit by year. Skipped when no Redshift workgroup is configured.
8. **reconcile_rows**, **summarize**: written = published = Athena = Redshift, per table; files, rows in, out and
   rejected, seconds: in the log and in CloudWatch.
9. **report**: the page of pictures: revenue and profit by year, region and product. It is linked on the task.

The same content arriving again is recognized and not loaded twice; an order that arrives again with other content is a
correction, and what it replaces is a reject. Every task may be retried or cleared: that of an old run does what is left
of its work, or says that other files were published since. `load` always brings Redshift to what is published then, so
what one run could not load, the next one that publishes does.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, chain
from lakehouse.arrivals import claim_arrived_files, ingest_claim, publish_claim, summarize
from lakehouse.assets import dataset_assets
from lakehouse.athena import athena_arguments
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.publishing import audit_run
from lakehouse.reconciliation.rows import count_rows, load_and_count, reconcile_rows
from lakehouse.redshift import ask_redshift
from lakehouse.reports import report
from lakehouse.serving import crawl, create_views
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse_aws.athena.check import AthenaCheckOperator

from lakehouse_contract.arrivals.kinds import SALES_FILES
from lakehouse_contract.datasets import SALES

# What is queried in Redshift, too: the ledger stays in the lake.
TABLES = [table for table in SALES.tables if table != SALES_FILES.ledger]
VIEWS = ("sales_count", "sales_preview", "sales_by_year")
QUESTIONS = ("count", "preview", "revenue_and_profit_by_year")

settings = lakehouse_settings()

with DAG(
    dag_id="regional_sales_daily",
    description="Files of sales records to orders and sums by region, in Athena and Redshift",
    doc_md=__doc__,
    # 06:00 UTC: an hour after the warehouse, and before Europe starts work.
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    tags=[Tag.FINANCIAL, Tag.SALES, Tag.ARRIVALS, Tag.DAILY],
) as dag:
    claim_files = claim_arrived_files(SALES_FILES, settings)
    transform = ingest_claim(SALES_FILES, settings)
    quality_gate = audit_run(SALES, transform.output, settings)
    publish = publish_claim(SALES_FILES, transform.output, dataset_assets(SALES, settings), settings)
    claim_files >> transform >> quality_gate >> publish

    verify = AthenaCheckOperator(
        task_id="verify", query="sql/athena/fact_sales/verification.sql", **athena_arguments(settings)
    )
    counted = count_rows(TABLES, settings)
    loaded = load_and_count(TABLES, settings, VIEWS)
    views = create_views(VIEWS, settings)
    publish >> [crawl("catalog", "sales-data-crawler", settings), verify, views]
    publish >> [counted, loaded]
    loaded >> ask_redshift([f"sql/redshift/regionalsales/{question}.sql" for question in QUESTIONS], settings)

    published = "{{ ti.xcom_pull(task_ids='publish')['published'] }}"
    reconciled = reconcile_rows(published, SALES.name, TABLES, counted.output, loaded.output)
    summarized = summarize(publish.output, SALES.name)
    publish >> reconciled >> summarized
    chain([verify, views, summarized], report("sales", settings))
