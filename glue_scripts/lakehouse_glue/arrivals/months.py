"""Months as the ledger writes them: `2005-01`."""

from collections.abc import Iterable

from pyspark.sql import Column

from lakehouse_glue import months


def in_months(names: Iterable[str]) -> Column:
    """Whether a row's `year` and `month` are one of these; false of no months."""
    return months.in_months({(int(name[:4]), int(name[5:])) for name in names})
