"""Buckets as static websites."""
