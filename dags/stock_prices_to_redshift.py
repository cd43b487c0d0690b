"""
# Stock prices to Redshift

Brings the tables `dim_stocks` and `fact_stock_prices` of Redshift up to the table `stock_prices` of the lake, whenever
`stock_csv_arrivals` has published a load, and once a day, for a load whose publication was told to nobody. It runs by
itself: the next files are loaded into the lake meanwhile.

**load_stock_prices**: every month that changed since the snapshot that Redshift holds, in one transaction with the id
of the new snapshot. Skipped when Redshift has all of it, and when no Redshift workgroup is configured. It may be
retried or cleared, in any run: what Redshift lacks is found anew each time.
"""

from datetime import timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable
from lakehouse.assets import stock_prices_asset
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.settings import GLUE_DATABASE, REDSHIFT_DATABASE, lakehouse_settings
from lakehouse.tags import Tag
from lakehouse_aws.redshift.load import RedshiftLoadOperator

TABLES = ("dim_stocks", "fact_stock_prices")
VERSIONS = "sql/redshift/table_versions"

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
    load_stock_prices = RedshiftLoadOperator(
        task_id="load_stock_prices",
        tables=["stock_prices"],
        preparation=[
            "sql/redshift/create_schema.sql",
            *(f"sql/redshift/{table}/create_table.sql" for table in TABLES),
            f"{VERSIONS}/create_table.sql",
            f"{VERSIONS}/select.sql",
        ],
        scripts=[
            f"{VERSIONS}/expect_held.sql",
            "sql/redshift/fact_stock_prices/load.sql",
            "sql/redshift/dim_stocks/load.sql",
            f"{VERSIONS}/write.sql",
        ],
        bucket=settings.lake_bucket,
        glue_database=GLUE_DATABASE,
        database=REDSHIFT_DATABASE,
        workgroup_name=settings.redshift_workgroup,
        skips_without_changes=True,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )
