"""Athena's statements of Iceberg tables; they come through `deferred`."""
