"""Arriving files as the demonstration shows them: dropped, loaded and queried, and recognised when they come again."""

from datetime import UTC, datetime

from rich.console import Console

from stack.stocks.demonstration import demonstrate_arrivals
from tests.e2e.conftest import Lakehouse


def test_the_demonstration_reconciles_and_recognises_its_files_the_second_time(lakehouse: Lakehouse) -> None:
    lakehouse.take_arrivals_by("sensor")
    for conclusion in ("From drop to queryable", "Recognised in"):
        console = Console(record=True, width=200)
        demonstrate_arrivals(lakehouse.settings, datetime.now(UTC).date(), console)
        assert conclusion in console.export_text()
