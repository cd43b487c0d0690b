"""
# Live trades to the lake

Every five minutes: what the stream of live trades has brought since the last time comes into the table `trades`, each
trade once, and the minute bars that these make are compared with those that DynamoDB has by another way.

1. **transform**: reads each shard of the stream from where the published snapshot of `trades` says that it was read to,
   and writes the rows to Iceberg branches of a run: trades that are new to `trades`, and what is no trade, or came
   before, to `trade_rejects` with its reason. How far it has read is a property of the branch's snapshot, so trades and
   positions are published in one commit: a run that is killed anywhere leaves nothing behind that the next one would
   not read again. Skipped when the stream has nothing new, and where there is no stream. It reads some 400,000 trades
   at most, and the next run goes on there. When records may have left the stream unread, it fails and says so; run it
   with `accept_gap` to go on with what the stream still has.
2. **audit**: Athena evaluates the run's rows on the branches: each trade once, prices and volumes as they may be, each
   in the partition of its day, as many rows as were written. A critical failure stops the run.
3. **publish**: `main` of each table moves to the branch, and is tagged `published_<run>`. Of two runs at once one is
   published.
4. **create_views**: the bars of minutes and days, `trade_minute_bars` and `trade_daily_bars`.
5. **compare_bars**: the bars of all minutes that were over when the stream was read, and that a trade has come to since
   a little before the run, late ones too, must be those of DynamoDB, and DynamoDB must have no others. A difference
   that is there at the third try fails the task, by symbol and minute. Trades that the lake has yet to read are left
   out of the comparison.

There is no Glue job: the trades of five minutes are some megabytes, and Spark would take longer to start than they take
to load. `trades_to_redshift` brings them to Redshift every hour.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param
from lakehouse.defaults import dag_default_args
from lakehouse.macros import sql_macros
from lakehouse.settings import lakehouse_settings
from lakehouse.tags import Tag
from lakehouse.trades import load_and_compare_trades

settings = lakehouse_settings()

with DAG(
    dag_id="trades_to_lake",
    description="Live trades from the stream to the lake, every five minutes",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=dag_default_args(settings),
    user_defined_macros=sql_macros(settings),
    params={
        "accept_gap": Param(
            False,
            type="boolean",
            title="Accept a gap",
            description="Go on though records may have left the stream before they were read",
        )
    },
    tags=[Tag.FINANCIAL, Tag.TRADES],
) as dag:
    load_and_compare_trades(settings)
