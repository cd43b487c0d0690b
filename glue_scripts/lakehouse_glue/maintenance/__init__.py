"""What keeps Iceberg tables small: what nobody needs any more goes, and many small files become few."""
