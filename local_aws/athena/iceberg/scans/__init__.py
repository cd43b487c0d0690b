"""Iceberg tables as DuckDB reads them: the files that a query needs and the rows that deletes leave."""
