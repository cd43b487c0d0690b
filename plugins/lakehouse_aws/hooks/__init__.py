"""Calls to AWS that operators share."""
