"""Whole pipelines on a stack of their own, which ends with the last of these tests."""
