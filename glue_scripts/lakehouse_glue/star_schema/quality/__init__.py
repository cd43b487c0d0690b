"""Data quality of the star schema: one suite of expectations per table, and their evaluation."""
