"""The way of an ingest of market data to its readers: prices and metrics published, asked for and reconciled."""

from airflow.sdk import XComArg, chain
from lakehouse_aws.athena.check import AthenaCheckOperator

from lakehouse.athena import athena_arguments
from lakehouse.publishing import write_audit_publish
from lakehouse.reconciliation.rows import count_rows, load_and_count, reconcile_rows
from lakehouse.reports import report
from lakehouse.serving import create_views
from lakehouse.settings import LakehouseSettings
from lakehouse_contract.datasets import MARKET_DATA

VIEWS = (
    "market_daily_totals",
    "market_monthly_totals",
    "market_daily_movers",
    "market_group_contributions",
    "market_drawdowns",
    "market_risk",
)


def publish_and_serve(raw_manifest: XComArg | str, settings: LakehouseSettings) -> XComArg:
    """The tasks from transform to report; returns the tag of what is published.

    :param raw_manifest: key of the ingest's manifest in the raw bucket
    """
    published = write_audit_publish(
        MARKET_DATA,
        transform_job="market-data-to-ohlcv",
        script_args={"--raw_manifest": raw_manifest},
        settings=settings,
        rulesets={"market_prices": "market-prices"},
    )
    verify = AthenaCheckOperator(
        task_id="verify", query="sql/athena/market_prices/verification.sql", **athena_arguments(settings)
    )
    counted = count_rows(MARKET_DATA.tables, settings)
    loaded = load_and_count(MARKET_DATA.tables, settings, VIEWS)
    views = create_views(VIEWS, settings)
    published >> [verify, views, counted, loaded]

    reconciled = reconcile_rows(published, MARKET_DATA.name, list(MARKET_DATA.tables), counted.output, loaded.output)
    chain([verify, views, reconciled], report("market_data", settings))
    return published
