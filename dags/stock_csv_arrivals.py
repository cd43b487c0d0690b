"""
# Stock prices from CSV files, as they arrive

Files of stock prices that somebody puts into `landing/stocks/` become rows of the table `stock_prices` within a minute,
each file exactly once.

1. **wait_for_files**: waits until there is something to do: a settled file whose name ends in `.csv` or `.csv.gz`, in
   capitals or not; files that a run before left in a claim; or a file of another name that has lain there for an hour.
   The DAG runs continuously; with `LAKEHOUSE_ARRIVALS_QUEUE_URL` set, S3's notifications start it instead, and every
   quarter of an hour a run looks for what they missed.
2. **claim_files**: moves the files out of the landing prefix into this run's own, so that none is taken twice. A file
   that is still being written stays for the next run; what a run left behind is taken over. Files of other names go to
   quarantine. A file that S3 refuses to move stays, with the reason in the ledger. When the job failed twice on a
   claim, this run ingests a half of it, and a file that fails twice alone goes to quarantine. What a run before began
   to publish is completed; without other files this run does what follows that publication.
3. **transform**: the Glue job `stock-csv-to-parquet` reads the files, rejects rows that are no prices, puts files that
   cannot be used aside, merges the rest with the months that it touches, and lets Great Expectations look at the
   result. All of it is on a branch of the run's own: nothing that is published changes.
4. **publish**: the branch becomes the main one in `stock_prices`, `stock_price_rejects` and `stock_file_ledger`, each
   in one commit: readers see the table before or after. A run that began at an older state than today's is refused.
   The files move on to `processed/` or, with the reason beside them, to `quarantine/`. `stock_prices_to_redshift`
   follows.
5. **create_views**: `dim_stocks` and `fact_stock_prices` for Athena.
6. **summarize**: files, rows in, out and rejected, seconds: in the log, as the task's result and in CloudWatch.

The same content arriving again is recognized and not loaded twice, unless a file that came in between has changed its
months: the latest arrival wins. A file of the same name with other content is a correction. Every task may be retried
or cleared: that of an old run does what is left of its work, or says that other files were published since.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from lakehouse.arrivals import claim_arrived_files, ingest_claim, publish_claim, stock_arrivals_schedule, summarize
from lakehouse.assets import stock_prices_asset
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.serving import create_views
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse_aws.arrivals.sensor import ArrivalsSensor

from lakehouse_contract.arrivals.kinds import STOCK_FILES
from lakehouse_contract.datasets import STOCK_PRICES

VIEWS = ("dim_stocks", "fact_stock_prices")
MAX_WAIT = timedelta(hours=3)

settings = lakehouse_settings()

with DAG(
    dag_id="stock_csv_arrivals",
    description="CSV files of stock prices to a table partitioned by month, as they arrive",
    doc_md=__doc__,
    schedule=stock_arrivals_schedule(settings),
    # Without a date in the past a continuous DAG's second run has the first one's date and is never made.
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    tags=[Tag.FINANCIAL, Tag.STOCKS, Tag.ARRIVALS],
) as dag:
    arrival = []
    if settings.arrivals_queue_url is None:
        wait_for_files = ArrivalsSensor(
            task_id="wait_for_files",
            arrivals=STOCK_FILES,
            bucket=settings.lake_bucket,
            settle_seconds=settings.arrivals_settle_seconds,
            stray_seconds=settings.arrivals_stray_seconds,
            poke_interval=settings.poll_interval_seconds,
            timeout=MAX_WAIT.total_seconds(),
            soft_fail=True,
            execution_timeout=MAX_WAIT + timedelta(minutes=5),
        )
        arrival.append(wait_for_files)

    claim_files = claim_arrived_files(STOCK_FILES, settings)
    transform = ingest_claim(STOCK_FILES, settings)
    publish = publish_claim(STOCK_FILES, transform.output, [stock_prices_asset(settings)], settings)

    arrival >> claim_files >> transform >> publish
    publish >> create_views(VIEWS, settings) >> summarize(publish.output, STOCK_PRICES.name)
