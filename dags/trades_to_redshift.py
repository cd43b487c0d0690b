"""
# Live trades to Redshift

Brings the tables `trades` and `trade_rejects` of Redshift up to those of the lake every hour, and not with each of the
lake's runs: what changes between two loads is the day, and a load takes the whole of it.

1. **load**: the days that changed since the snapshots that Redshift holds, in one transaction with the ids of the new
   ones, and the views `trade_minute_bars` and `trade_daily_bars`. Skipped when Redshift has all of it, and when no
   Redshift workgroup is configured. It may be retried or cleared, in any run: what Redshift lacks is found anew each
   time.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.redshift import load_into_redshift, transaction
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse.trades import VIEWS

from lakehouse_contract.datasets import TRADES

settings = lakehouse_settings()

with DAG(
    dag_id="trades_to_redshift",
    description="Days of live trades that changed, from the lake to Redshift",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("7 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    tags=[Tag.FINANCIAL, Tag.TRADES, Tag.WAREHOUSE],
) as dag:
    load_into_redshift(
        "load",
        TRADES.tables,
        settings,
        scripts=transaction(then=[f"sql/redshift/{view}/create_view.sql" for view in VIEWS]),
        skips_without_changes=True,
    )
