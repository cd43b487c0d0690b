"""Iceberg tables of the Glue catalog: what is published, and how that changes."""
