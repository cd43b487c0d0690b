"""Data quality: one suite of expectations per table of the star schema, their evaluation, results and Data Docs."""
