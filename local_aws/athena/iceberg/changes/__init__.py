"""What a statement writes to an Iceberg table: data files, delete files and the commit that shows them."""
