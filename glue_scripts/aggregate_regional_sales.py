"""Glue job `aggregate-regional-sales`: the sales records of a claim to a branch of fact_sales and the tables beside it.

Arguments: those of every job that ingests a claim (`lakehouse_glue.arrivals.job`).
"""

from lakehouse_glue.arrivals.job import run_from_arguments
from lakehouse_glue.errors import run_job
from lakehouse_glue.logs import configure_logging
from lakehouse_glue.sales.job import ingest_claim

if __name__ == "__main__":
    configure_logging()
    run_job(lambda: run_from_arguments(ingest_claim))
