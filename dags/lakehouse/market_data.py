"""The prices of the market data API on their way into the raw bucket."""

from datetime import timedelta

from airflow.sdk import XComArg
from lakehouse_aws.market_data.ingest import IngestInstrumentsOperator, IngestPricesOperator
from lakehouse_aws.market_data.manifest import WriteIngestManifestOperator
from lakehouse_aws.market_data.plan import INGEST, PlanPricesOperator

from lakehouse.settings import GLUE_DATABASE, LakehouseSettings
from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import SOURCE

COUNTRY = "United States"


def ingest_market_data(settings: LakehouseSettings) -> XComArg:
    """The tasks plan, instruments, ingest and manifest; returns the key of the manifest in the raw bucket."""
    # A batch waits ten minutes for its credits, and each of its requests may be repeated for minutes.
    longest = timedelta(hours=1)
    # It may publish, so it is the dataset's pool that it takes.
    plan = PlanPricesOperator(
        task_id="plan",
        lake_bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        whole_history="{{ params.whole_history }}",
        pool=MARKET_DATA.pool,
        execution_timeout=longest,
    )
    api_arguments = {"pool": SOURCE, "execution_timeout": longest}
    ingest = {"bucket": settings.raw_bucket, "ingest": plan.output[INGEST]}
    instruments = IngestInstrumentsOperator(task_id="instruments", country=COUNTRY, **ingest, **api_arguments)
    prices = IngestPricesOperator.partial(
        task_id="ingest", map_index_template="batch {{ task.batch['batch'] }}", **ingest, **api_arguments
    ).expand(batch=plan.output)
    manifest = WriteIngestManifestOperator(
        task_id="manifest", batches=prices.output, instruments=instruments.output, **ingest
    )
    return manifest.output
