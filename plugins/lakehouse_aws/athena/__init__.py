"""Queries of Amazon Athena."""
