"""
# Stock prices to Redshift

Brings the tables `dim_stocks` and `fact_stock_prices` of Redshift up to the table `stock_prices` of the lake, whenever
`stock_csv_arrivals` has published a load, and once a day, for a load whose publication was told to nobody. It runs by
itself: the next files are loaded into the lake meanwhile. Publications that come while a run works share the next one.

1. **load_stock_prices**: every month that changed since the snapshot that Redshift holds, in one transaction with the
   id of the new snapshot. Skipped when Redshift has all of it, and when no Redshift workgroup is configured. It may be
   retried or cleared, in any run: what Redshift lacks is found anew each time.
2. **report**: the page of pictures of prices and files, linked on the task. It is made here, and not by each load, so
   that no file waits for it.
"""

from datetime import timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable
from lakehouse.assets import stock_prices_asset
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.redshift import load_into_redshift, preparation_of, transaction
from lakehouse.reports import report
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag

settings = lakehouse_settings()

with DAG(
    dag_id="stock_prices_to_redshift",
    description="Months of stock prices that changed, from the lake to Redshift",
    doc_md=__doc__,
    # A publish task that fails behind its commit emits no event. By this hour the daily warehouse is done.
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 7 * * *", timezone="UTC", run_immediately=timedelta()),
        assets=[stock_prices_asset(settings)],
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    tags=[Tag.FINANCIAL, Tag.STOCKS, Tag.WAREHOUSE],
) as dag:
    load_stock_prices = load_into_redshift(
        "load_stock_prices",
        ["stock_prices"],
        settings,
        preparation=preparation_of(["dim_stocks", "fact_stock_prices"]),
        scripts=transaction(
            loads=["sql/redshift/fact_stock_prices/load.sql", "sql/redshift/dim_stocks/load.sql"],
        ),
        skips_without_changes=True,
    )
    # Also where there is no Redshift, and the load is skipped.
    load_stock_prices >> report("arrivals", settings, trigger_rule="none_failed")
