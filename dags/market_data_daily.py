"""
# Daily prices from a market data API

Asks Twelve Data for the daily prices of the symbols on the watchlist, `reference/market_watchlist.csv` in the lake's
bucket, keeps every answer as it came, and makes of them prices by symbol and day, and what they tell of each day and
month, for Athena and Redshift.

1. **plan**: compares the watchlist and the exchange's trading days with the published prices. A symbol without prices
   is asked for from its `since_date` on; another one for the days since its last bar and the ten trading days before,
   because the API goes on correcting them. The requests are as large as the credits of the key allow. A publication
   that was given up between two tables is completed first.
2. **instruments**: keeps the API's list of instruments: names, exchanges, currencies, types.
3. **ingest**: a task per batch of requests, one at a time (the pool `twelve_data`), so that the limits of the key are
   kept: credits are counted, an answer 429 is waited for, and what fails for a moment is repeated. Each answer is an
   object below `raw/market_data/`. A symbol whose stored prices are far from those answered was split, and is asked
   for from its first day on. When the credits of the day are used up, what is there is kept, and the next run asks for
   the rest. A symbol that the API refuses, or never answers for, does not harm the others.
4. **manifest**: lists the answers of this run, and what is missing and why; fails only when no symbol got prices.
5. **catalog**: the crawler `market-data-crawler` brings the answers into the database `financial_raw_db`; nothing waits
   for it.
6. **transform**: the Glue job `market-data-to-ohlcv` merges the answers of the manifest into what is published, on
   Iceberg branches of its run: of a symbol and day the bar that was asked for last stands, so corrections and histories
   that a split rewrote reach the tables. What cannot be a price, and what was replaced, is in `market_price_rejects`
   with its reason, and every bar is counted. Months that did not change are not written.
7. **audit**, **quality_gate**: the expectations are evaluated on the branches; a critical failure stops the run.
   **evaluate_market_prices** evaluates the Glue Data Quality ruleset `market-prices` on the branch beside it; a rule
   that does not hold stops the run, too.
8. **publish**: `main` of each table moves to the branch, `dim_instruments` first, and is tagged `published_<run>`.
9. **verify**, **create_views**: Athena must find no violation, and has the views of totals, movers, contributions of
   sectors and categories, drawdowns and risk.
10. **load**: Redshift takes the months that changed, and has the same views. Skipped when no Redshift workgroup is
    configured.
11. **reconcile_rows**: written = published = Athena = Redshift, per table, sent to CloudWatch.
12. **report**: the page of pictures: changes, volumes, prices against volumes, risk. It is linked on the task.

Every task may be retried or cleared, also of an old run: an answer that is kept is not asked for again, and is never
written over. To ask anew, clear `plan`, too, or trigger another run; its parameter `whole_history` takes symbols that
are asked for from their first day on, although they are stored. Address and key of the API are in the Airflow
connection `twelve_data`.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.market_data import ingest_market_data
from lakehouse.market_prices import publish_and_serve
from lakehouse.serving import crawl
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag

settings = lakehouse_settings()

with DAG(
    dag_id="market_data_daily",
    description="Daily prices of a market data API to Athena and Redshift",
    doc_md=__doc__,
    # 18:00 in New York, summer and winter: the exchange has closed two hours ago.
    schedule=CronTriggerTimetable("0 18 * * 1-5", timezone="America/New_York"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    params={
        "whole_history": Param(
            "",
            type="string",
            pattern=r"^[A-Z0-9.\-/:,]*$",
            title="Whole history",
            description="Symbols, as AAPL,BRK.B, that are asked for from their first day on although they are stored",
        )
    },
    tags=[Tag.FINANCIAL, Tag.MARKET_DATA, Tag.DAILY],
) as dag:
    raw_manifest = ingest_market_data(settings)
    raw_manifest >> crawl("catalog", "market-data-crawler", settings)
    publish_and_serve(raw_manifest, settings)
