"""Arriving files on their way: waiting for them, claiming, ingesting and publishing them."""
