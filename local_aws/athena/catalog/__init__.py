"""The Glue catalog as queries see it: tables, their partitions, and the entries of new tables."""
