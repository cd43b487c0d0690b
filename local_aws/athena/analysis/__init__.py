"""A query by Trino's rules, before anything runs: names resolved, types known, functions and operators chosen."""

from pathlib import Path

MACROS = Path(__file__).with_name("macros.sql").read_text()
