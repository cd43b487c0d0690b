"""The Iceberg tables of the Glue catalog: an in-process catalog, and Glue's Iceberg REST API over it."""
