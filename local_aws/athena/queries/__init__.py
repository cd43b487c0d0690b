"""What a SELECT reads: its tables, files and conditions, as a query that DuckDB runs."""
