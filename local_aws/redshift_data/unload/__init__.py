"""The UNLOAD command: a query's rows as objects."""
