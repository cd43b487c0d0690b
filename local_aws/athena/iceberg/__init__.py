"""Iceberg tables in the local Athena: PyIceberg plans what is read, DuckDB reads it.

Athena reads format versions 1 and 2, as Iceberg 1.4.2 does, with position and equality deletes (Athena user guide,
"Query Apache Iceberg tables" and "Query Iceberg table data").
"""
