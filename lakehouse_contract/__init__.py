"""What the DAGs' plugins and the Glue jobs both know: the tables, and the names of branches, tags and files."""
