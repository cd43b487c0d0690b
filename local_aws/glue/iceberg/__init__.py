"""The Iceberg tables of the Glue catalog: an in-process catalog, and Glue's Iceberg REST API over it."""

# Tells the REST API where the catalog of a Glue job puts tables that are made without a location.
WAREHOUSE_HEADER = "X-Glue-Catalog-Warehouse"
