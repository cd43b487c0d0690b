"""One run: the table on a branch of its own, and, last, the run's document."""

from typing import Any

from lakehouse_glue.changes import write_if_changed
from lakehouse_glue.currencies.transform import build_currencies
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.iceberg import open_branches
from lakehouse_glue.lake import Lake
from lakehouse_glue.run_documents import run_document, write_run_document
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from lakehouse_contract.datasets import CURRENCIES

FILES = "reference/currencies/"
COLUMNS = "currency_code string, name string"


def load_currencies(spark: SparkSession, lake: Lake, database: str, run: str, run_id: str) -> dict[str, Any]:
    """Write the files' rows to the run's branch, unless they are the published ones; returns the run's document.

    Raises BadInputError for a row without code or name: the list is taken as a whole, and there is no half of it.
    """
    raw = spark.read.csv(f"{lake.root}/{FILES}", schema=COLUMNS, header=True, enforceSchema=False)
    currencies = build_currencies(raw).cache()
    incomplete = currencies.filter(f.col("currency_code").isNull() | f.col("name").isNull()).count()
    if incomplete:
        raise BadInputError(f"{lake.root}/{FILES}: {incomplete} rows have no code or no name: complete the list.")
    branches = open_branches(spark, lake.root, database, CURRENCIES.tables, run)
    write_if_changed(branches["currencies"], currencies)
    rows = {"currencies": branches["currencies"].read().count()}
    sources = {"currencies": {"rows": raw.count(), "rejected_rows": 0}}
    document = run_document(run, run_id, branches, rows, sources)
    write_run_document(lake, document)
    return document
