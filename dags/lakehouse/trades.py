"""The way of live trades to their readers: read from the stream to branches, audited, published and compared."""

from airflow.sdk import chain
from lakehouse_aws.quality.branches import AuditByQueryOperator
from lakehouse_aws.trades.compare import CompareMinuteBarsOperator
from lakehouse_aws.trades.load import LoadTradesOperator, PublishTradesOperator

from lakehouse.assets import dataset_assets
from lakehouse.athena import athena_arguments
from lakehouse.serving import create_views
from lakehouse.settings import GLUE_DATABASE, LakehouseSettings
from lakehouse_contract.datasets import TRADES

VIEWS = ("trade_minute_bars", "trade_daily_bars")


def load_and_compare_trades(settings: LakehouseSettings) -> None:
    """The tasks transform, audit, publish, create_views and compare_bars."""
    lake = {"bucket": settings.lake_bucket, "database": GLUE_DATABASE}
    transform = LoadTradesOperator(
        task_id="transform",
        stream=settings.trades_stream,
        accepts_gap="{{ params.accept_gap }}",
        pool=TRADES.pool,
        **lake,
    )
    run = transform.output
    audit = AuditByQueryOperator(
        task_id="audit",
        script="sql/athena/trades/audit.sql",
        run=run,
        dataset=TRADES.name,
        bucket=settings.lake_bucket,
        **athena_arguments(settings),
    )
    publish = PublishTradesOperator(
        task_id="publish",
        run=run,
        dimensions=TRADES.dimensions,
        facts=TRADES.facts,
        pool=TRADES.pool,
        outlets=dataset_assets(TRADES, settings),
        **lake,
    )
    views = create_views(VIEWS, settings)
    compare_bars = CompareMinuteBarsOperator(
        task_id="compare_bars",
        query="sql/athena/trade_minute_bars/arrived_since.sql",
        run=run,
        bucket=settings.lake_bucket,
        **athena_arguments(settings),
    )
    chain(transform, audit, publish, views, compare_bars)
