"""The reports: a page of pictures per pipeline, in the bucket of the Data Docs."""

REPORTS_PREFIX = "reports/"
PIPELINES = ("warehouse", "arrivals", "market_data", "sales")
"""The pipelines that have a report."""


def report_key(pipeline: str) -> str:
    """In the bucket of the Data Docs: one page per pipeline, which the next one replaces."""
    return f"{REPORTS_PREFIX}{pipeline}.html"
