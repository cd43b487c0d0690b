"""Expressions: conditions, filters, key conditions, projections and updates, read by one grammar."""
