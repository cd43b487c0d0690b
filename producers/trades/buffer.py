"""Trades that wait for their turn, by symbol."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from lakehouse_contract.trades import MOST_RECORD_BYTES, MOST_TRADES_PER_RECORD, Trade, encode_record

# A request has 500 records at most, a shard takes 1 MB a second:
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
MOST_RECORDS = 500
MOST_REQUEST_BYTES = 1_000_000


@dataclass(frozen=True)
class Batch:
    """The next trades of a symbol, as the record that carries them."""

    symbol: str
    trades: int
    record: bytes


class TradeBuffer:
    """A bounded number of trades, each symbol's in the order in which they came.

    What is taken stays until it is removed, so what could not be put is taken again, before what came later. A full
    buffer takes nothing more: what is in it goes out whole and in order.
    """

    def __init__(self, most_trades: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_trades = most_trades
        self._clock = clock
        self._queues: dict[str, deque[Trade]] = {}
        self._held_until: dict[str, float] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def oldest_received_at_ms(self) -> int | None:
        return min((queue[0].received_at_ms for queue in self._queues.values()), default=None)

    def add(self, trade: Trade) -> bool:
        """Whether there was room for it."""
        if self._length >= self._most_trades:
            return False
        self._queues.setdefault(trade.symbol, deque()).append(trade)
        self._length += 1
        return True

    def take(self) -> list[Batch]:
        """One request's worth: of each symbol that is not held one record, those first that were not taken for long.

        PutRecords does not keep an order within a request, nor when a part of it fails. With one record of a symbol
        per request its order holds all the same.
        """
        batches: list[Batch] = []
        size = 0
        for batch in self._ready():
            size += len(batch.record) + len(batch.symbol.encode())
            if batches and size > MOST_REQUEST_BYTES:
                break
            batches.append(batch)
            if len(batches) == MOST_RECORDS:
                break
        return batches

    def remove(self, batch: Batch) -> None:
        """Forget what was put; its symbol comes last in the next turn."""
        queue = self._queues.pop(batch.symbol)
        for _ in range(batch.trades):
            queue.popleft()
        self._length -= batch.trades
        self._held_until.pop(batch.symbol, None)
        if queue:
            self._queues[batch.symbol] = queue

    def hold(self, symbol: str, seconds: float) -> None:
        """Let a symbol wait, with all that comes of it."""
        self._held_until[symbol] = self._clock() + seconds

    def _ready(self) -> Iterator[Batch]:
        now = self._clock()
        for symbol, queue in self._queues.items():
            if self._held_until.get(symbol, 0) <= now:
                yield _next_batch(symbol, queue)


def _next_batch(symbol: str, queue: deque[Trade]) -> Batch:
    trades = list(islice(queue, MOST_TRADES_PER_RECORD))
    while len(record := encode_record(symbol, trades)) > MOST_RECORD_BYTES:
        trades = trades[: len(trades) // 2]
    return Batch(symbol, len(trades), record)
