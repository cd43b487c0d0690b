"""Great Expectations on the months that were written, before the run document is."""

import tempfile
from pathlib import Path
from typing import Any

from great_expectations.expectations.expectation import Expectation
from pyspark.sql import SparkSession

from lakehouse_glue.quality.evaluation import create_context, result_entries, validate
from lakehouse_glue.quality.expectations import CRITICAL, WARNING, ExpectValuesBetween
from lakehouse_glue.stocks.months.summary import MonthSummary, summary_frame

TABLE = "stock_prices"
# Of the rows of the claim: a file that has such rows is a fault of how files are read.
RULES = {
    "duplicate_rows": "No two rows have the same symbol and date",
    "incomplete_rows": "Every row has all its values",
    "misplaced_rows": "Every row lies in the partition of its date",
    "future_rows": "No row is of a future date",
    "price_order_rows": "low <= open, low <= close, open <= high and close <= high",
    "negative_volume_rows": "volume >= 0",
}
# They were there before, so they keep no file that arrives from being published.
OTHER_ROWS = {"other_broken_rows": "No row of an earlier file breaks a rule, as one may that was changed by hand"}


def evaluate_months(spark: SparkSession, summaries: list[MonthSummary]) -> list[dict[str, Any]]:
    """An entry per expectation, as in results.json."""
    with tempfile.TemporaryDirectory() as directory:
        context = create_context(Path(directory))
        # A constant of the plan is read as fast as what is kept.
        source = context.data_sources.add_spark(TABLE, persist=False)
        frame = summary_frame(spark, summaries)
        return result_entries(TABLE, validate(context, source, TABLE, frame, _suite()))


def _suite() -> list[Expectation]:
    return [
        ExpectValuesBetween(column=column, min_value=0, max_value=0, severity=severity, description=description)
        for severity, rules in ((CRITICAL, RULES), (WARNING, OTHER_ROWS))
        for column, description in rules.items()
    ]
