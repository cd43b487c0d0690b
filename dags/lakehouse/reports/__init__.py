"""The task that makes a pipeline's page of pictures, and what is on each page."""

from datetime import timedelta

from lakehouse_aws.reports.operator import ReportOperator

from lakehouse.athena import athena_arguments
from lakehouse.reports.arrivals import ARRIVALS_REPORT
from lakehouse.reports.market_data import MARKET_DATA_REPORT
from lakehouse.reports.sales import SALES_REPORT
from lakehouse.reports.warehouse import WAREHOUSE_REPORT
from lakehouse.settings import LakehouseSettings

REPORTS = {
    "warehouse": WAREHOUSE_REPORT,
    "arrivals": ARRIVALS_REPORT,
    "market_data": MARKET_DATA_REPORT,
    "sales": SALES_REPORT,
}


def report(
    pipeline: str, settings: LakehouseSettings, task_id: str = "report", trigger_rule: str = "all_success"
) -> ReportOperator:
    """The task that replaces the page of a pipeline."""
    return ReportOperator(
        task_id=task_id,
        trigger_rule=trigger_rule,
        pipeline=pipeline,
        report=REPORTS[pipeline],
        data_docs_bucket=settings.data_docs_bucket,
        data_docs_base_url=settings.data_docs_base_url,
        execution_timeout=timedelta(minutes=15),
        **athena_arguments(settings),
    )
