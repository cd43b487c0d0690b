"""The feed of trades: who listens, what was sent, and the faults that it was told to have."""

import asyncio
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

from stack.trade_feed.faults import FAULTS, FAULTY_MESSAGES, Fault, FaultyMessage
from stack.trade_feed.listener import Listener
from stack.trade_feed.tape import FeedTrade, Tape, trade_message

PING = '{"type":"ping"}'
_TICK_SECONDS = 0.02
# Finnhub pings every one or two minutes (Finnhub-Stock-API/finnhub-js issue 21).
_PING_SECONDS = 60
# A feed that was paused does not make up for more than this.
_LONGEST_TICK_SECONDS = 0.5
_REPEATED_MESSAGES = 5


class Feed:
    """One feed for one listener at a time, as a key of Finnhub has one connection: a new one takes the old one's place.

    It makes no trade that the listener does not take off its hands: what is late to read is told by `skipped`.
    """

    def __init__(self, token: str, tape: Tape, rate: float = 0, journal: Path | None = None) -> None:
        """`rate` is trades per second; `journal` a file that gets the sound trades of each message, a line each."""
        self.token = token
        self.tape = tape
        self.rate = rate
        self.counts: Counter[str] = Counter()
        self.sent_by_symbol: Counter[str] = Counter()
        self.refusals = 0
        self.listener: Listener | None = None
        self._faults: deque[Fault] = deque()
        self._journal = journal.open("a") if journal else None
        self._last_messages: deque[FaultyMessage] = deque(maxlen=_REPEATED_MESSAGES)
        self._silent_until = 0.0
        self._last_ms = 0

    def add_faults(self, name: str, times: int = 1, seconds: float = 5) -> None:
        """Raises ValueError for a fault that there is not."""
        if name not in FAULTS:
            raise ValueError(f"the faults are {', '.join(FAULTS)}")
        if name == "refuse":
            self.refusals += times
        else:
            self._faults.extend([Fault(name, seconds)] * times)

    def take_over(self, listener: Listener) -> Listener | None:
        """Send to this listener from now on; returns the one before it, whose connection has to end."""
        before, self.listener = self.listener, listener
        self.counts["connections"] += 1
        return before

    def leave(self, listener: Listener) -> None:
        if self.listener is listener:
            self.listener = None

    def report(self) -> dict[str, Any]:
        """What was sent so far: new trades, those sent again, trades and messages that a reader has to refuse."""
        if self._journal:
            self._journal.flush()
        names = ("connections", "messages", "trades", "repeated", "unsound", "unreadable", "skipped")
        return {name: self.counts[name] for name in names} | {
            "rate": self.rate,
            "subscribed": sorted(self.listener.symbols) if self.listener else [],
            "faults_waiting": len(self._faults),
            "by_symbol": dict(sorted(self.sent_by_symbol.items())),
        }

    async def play(self) -> None:
        """Send trades at the rate, pings, and what was asked for of faults, for as long as the task runs."""
        owed, before, pinged = 0.0, time.monotonic(), time.monotonic()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            elapsed, before = min(now - before, _LONGEST_TICK_SECONDS), now
            if self.listener is None or not self.listener.symbols or now < self._silent_until:
                owed = 0.0
                continue
            if now - pinged > _PING_SECONDS:
                pinged = now
                await self.listener.send(PING)
            owed += self.rate * elapsed
            due, owed = int(owed), owed % 1
            if due and not await self._send_trades(due):
                self.counts["skipped"] += due
            if self._faults:
                await self._misbehave(self._faults.popleft())

    async def _send_trades(self, count: int) -> bool:
        if self.listener is None or not self.listener.is_ready:
            return False
        trades = tuple(self._next_trades(count))
        return await self._send(FaultyMessage(trade_message(trades), sound=trades))

    def _next_trades(self, count: int) -> list[FeedTrade]:
        """No two calls give trades of the same millisecond, so equal trades are in one message."""
        self._last_ms = max(time.time_ns() // 1_000_000, self._last_ms + 1)
        listened = sorted(self.listener.symbols & self.tape.symbols) if self.listener else []
        return self.tape.next_trades(listened, count, self._last_ms) if listened else []

    async def _send(self, message: FaultyMessage, *, is_repeated: bool = False) -> bool:
        if self.listener is None or not await self.listener.send(message.payload):
            return False
        self.counts["messages"] += 1
        self.counts["unsound"] += message.unsound
        self.counts["unreadable"] += message.unreadable
        self.counts["repeated" if is_repeated else "trades"] += len(message.sound)
        if message.sound and not is_repeated:
            self.sent_by_symbol.update(trade.symbol for trade in message.sound)
            self._last_messages.append(message)
        if message.sound and self._journal:
            self._journal.write(f"{trade_message(message.sound)}\n")
        return True

    async def _misbehave(self, fault: Fault) -> None:
        match fault.name:
            case "disconnect":
                self.listener.hang_up()
            case "half_frame":
                self.listener.hang_up_within(trade_message(self._next_trades(_REPEATED_MESSAGES)))
            case "reset":
                self.listener.reset()
            case "silence":
                self._silent_until = time.monotonic() + fault.seconds
            case "duplicates":
                for message in tuple(self._last_messages):
                    await self._send(message, is_repeated=True)
            case name:
                await self._send(FAULTY_MESSAGES[name](self._next_trades))
