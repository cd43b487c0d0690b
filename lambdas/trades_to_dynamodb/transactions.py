"""How the trades of a batch are dealt out to transactions of DynamoDB, which take 100 items each.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, zip_longest
from operator import attrgetter

from lakehouse_contract.trades import Trade
from trades_to_dynamodb.bars import BarKey, bar_keys

MOST_ITEMS = 100


@dataclass(frozen=True)
class StreamedTrade:
    """A trade, and the record of the stream that brought it."""

    trade: Trade
    shard_id: str
    sequence_number: str

    @cached_property
    def key(self) -> tuple[str, str]:
        return self.trade.symbol, self.trade.trade_id

    @cached_property
    def bars(self) -> frozenset[BarKey]:
        """Those that the trade counts in."""
        return frozenset(bar_keys(self.trade))


@dataclass
class Slice:
    """Trades that a transaction writes, with the bars that they change."""

    trades: list[StreamedTrade] = field(default_factory=list)
    bars: set[BarKey] = field(default_factory=set)

    @classmethod
    def of(cls, trades: list[StreamedTrade]) -> "Slice":
        return cls(list(trades), {key for streamed in trades for key in streamed.bars})

    @property
    def items(self) -> int:
        return len(self.trades) + len(self.bars)

    def takes(self, other: "Slice") -> bool:
        return len(self.trades) + len(other.trades) + len(self.bars | other.bars) <= MOST_ITEMS

    def add(self, other: "Slice") -> None:
        self.trades += other.trades
        self.bars |= other.bars


def rounds(trades: Iterable[StreamedTrade]) -> Iterator[list[Slice]]:
    """Rounds, one after the other, of transactions that may run side by side: no bar is in two of a round."""
    by_symbol = sorted(trades, key=attrgetter("key"))
    slices = [list(_slices(found)) for _, found in groupby(by_symbol, key=lambda streamed: streamed.trade.symbol)]
    for slices_of_round in zip_longest(*slices):
        yield _packed(found for found in slices_of_round if found)


def _slices(trades: Iterable[StreamedTrade]) -> Iterator[Slice]:
    """The trades of a symbol, in their order, in as few transactions as take them."""
    current = Slice()
    for streamed in trades:
        single = Slice.of([streamed])
        if not current.takes(single):
            yield current
            current = Slice()
        current.add(single)
    yield current


def _packed(slices: Iterable[Slice]) -> list[Slice]:
    """Slices of different symbols put together, the largest first, each where it fits first."""
    packed: list[Slice] = []
    for found in sorted(slices, key=attrgetter("items"), reverse=True):
        home = next((other for other in packed if other.takes(found)), None)
        if home:
            home.add(found)
        else:
            packed.append(found)
    return packed
