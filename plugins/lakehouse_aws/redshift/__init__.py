"""Scripts and loads of Redshift."""
