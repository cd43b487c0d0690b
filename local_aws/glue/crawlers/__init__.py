"""Crawlers that really crawl: they read footers and samples, and write tables and partitions to the catalog."""
