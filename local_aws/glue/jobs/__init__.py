"""Glue jobs that really run: each run is a process of its own."""
