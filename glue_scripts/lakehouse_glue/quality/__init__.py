"""Data quality: how suites of expectations are evaluated, and their results and Data Docs."""
