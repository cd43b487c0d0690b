"""Currencies, from files that somebody keeps at reference/currencies/ of the lake."""
