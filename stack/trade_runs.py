"""Trades produced for a while: the feed and the producer are started, and in the end every trade is looked for."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stack.errors import StackError
from stack.lifecycle import Stack
from stack.trade_counts import producer_totals, stored_trades
from stack.trades import FeedClient

_STORED_SECONDS = 90
_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_COUNTS = 1.0
_SENT = ("trades", "repeated", "unsound", "unreadable")


@dataclass
class TradeRun:
    """A run, and what had been counted before it began."""

    stack: Stack
    symbols: list[str]
    feed: FeedClient
    began_at: float
    sent_before: dict[str, Any]
    produced_before: dict[str, int]
    sent: dict[str, int] = field(default_factory=dict)
    produced: dict[str, int] = field(default_factory=dict)
    stored: int = 0

    def look(self) -> None:
        """Count what the feed has sent and the producer has put so far."""
        counts, totals = self.feed.counts(), producer_totals(self.stack.settings, self.began_at)
        self.sent = {name: counts[name] - self.sent_before[name] for name in _SENT}
        self.produced = {name: total - self.produced_before[name] for name, total in totals.items()}

    def follow(self, seconds: int | None, console: Console) -> None:
        """Show the counts until the time is up or, with Ctrl-C, somebody has seen enough."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        deadline = time.monotonic() + seconds if seconds else float("inf")
        with Progress(*columns, console=console) as progress, suppress(KeyboardInterrupt):
            shown = progress.add_task("Trades", total=None)
            while (left := deadline - time.monotonic()) > 0:
                time.sleep(min(_SECONDS_BETWEEN_COUNTS, left))
                self.look()
                sentence = f"{self.sent['trades']:,} trades sent, {self.produced['Put']:,} put into the stream"
                progress.update(shown, description=sentence)

    def end(self) -> None:
        """Let the feed be silent, then the producer end in order, and wait until what it has put is stored."""
        self.feed.set_rate(0)
        self.look()
        sent = self.sent
        self.stack.end_trades()
        totals = producer_totals(self.stack.settings, self.began_at)
        self.sent, self.produced = sent, {name: total - self.produced_before[name] for name, total in totals.items()}
        deadline = time.monotonic() + _STORED_SECONDS
        while self._count_stored() < self.expected and time.monotonic() < deadline:
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    @property
    def expected(self) -> int:
        """The trades that have to be in DynamoDB: those that were sent, once each, less those that were dropped."""
        return self.sent["trades"] - self.produced["Dropped"]

    def table(self) -> Table:
        """Where every trade of a run that has ended is."""
        return number_table("Trades", self._places())

    def _places(self) -> dict[str, int]:
        return {
            "sent by the feed": self.sent["trades"] + self.sent["repeated"] + self.sent["unsound"],
            "of them sent again": self.sent["repeated"],
            "received by the producer": self.produced["Received"],
            "refused by the producer": self.produced["Refused"],
            "dropped from a full buffer": self.produced["Dropped"],
            "put into the stream": self.produced["Put"],
            "stored in DynamoDB": self.stored,
        }

    def require_all(self) -> None:
        """Raises StackError unless every trade is stored once or was refused."""
        if self.stored != self.expected:
            raise StackError(
                f"{self.expected:,} trades should be stored, and {self.stored:,} are: see `lakehouse logs "
                "trade-producer` and the queues of refused trades and failed batches."
            )

    def _count_stored(self) -> int:
        self.stored = stored_trades(self.stack.settings, self.symbols, int(self.began_at * 1000))
        return self.stored


def begin_run(stack: Stack, symbols: list[str], rate: float) -> TradeRun:
    """Start what does not run, and have the feed send at a rate (trades per second)."""
    began_at = time.time()
    before = producer_totals(stack.settings, began_at)
    stack.begin_trades(symbols)
    feed = FeedClient(stack.settings, stack.credentials)
    run = TradeRun(stack, feed.counts()["subscribed"], feed, began_at, feed.counts(), before)
    feed.set_rate(rate)
    return run


def number_table(title: str, numbers: dict[str, int]) -> Table:
    table = Table(title, "Number")
    table.columns[1].justify = "right"
    for name, number in numbers.items():
        table.add_row(name, f"{number:,}")
    return table
