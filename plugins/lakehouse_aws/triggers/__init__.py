"""Asynchronous waits, run by the triggerer."""
