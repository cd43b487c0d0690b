"""Athena's SQL, Trino's, in DuckDB's words: dialect, functions, types and errors."""
