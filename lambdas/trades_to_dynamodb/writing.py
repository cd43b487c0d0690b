"""Trades and their bars written to DynamoDB, each trade once.

A transaction puts trades on the condition that they are new, and their bars on the condition that they are as they were
read. So whatever is delivered twice, killed half-way, answered without the answer being heard or done by two functions
at once, a trade is in its bars if and only if it is in the table of trades.
"""

import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse_contract.trade_tables import TRADE_LIFETIME
from trades_to_dynamodb.bars import Bar, BarKey, add_trades
from trades_to_dynamodb.items import from_wire, to_wire
from trades_to_dynamodb.transactions import Slice, StreamedTrade, rounds

SIDE_BY_SIDE = 4

_CONDITION_FAILED = "ConditionalCheckFailed"
# What another try may mend: answers, and reasons why a transaction was cancelled.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_PASSING_ANSWERS = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_PASSING_REASONS = frozenset(
    {"None", _CONDITION_FAILED, "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"}
)
_SERVER_ERROR = 500
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0


@dataclass
class Written:
    """What became of trades: the new ones, those that were there already, and those that another try has to write."""

    stored: list[StreamedTrade] = field(default_factory=list)
    duplicates: list[StreamedTrade] = field(default_factory=list)
    failed: list[StreamedTrade] = field(default_factory=list)

    def add(self, other: "Written") -> None:
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.failed += other.failed


class TradeWriter:
    """Writes to the two tables; `has_time` says whether a try may still begin."""

    def __init__(self, dynamodb: Any, trades_table: str, bars_table: str, has_time: Callable[[], bool]) -> None:
        self.dynamodb = dynamodb
        self.trades_table = trades_table
        self.bars_table = bars_table
        self.has_time = has_time

    def write(self, trades: Iterable[StreamedTrade]) -> Written:
        """What became of each trade. Raises botocore's errors for what no other try mends."""
        written = Written()
        new: dict[tuple[str, str], StreamedTrade] = {}
        for streamed in trades:
            if streamed.key in new:
                written.duplicates.append(streamed)
            else:
                new[streamed.key] = streamed
        with ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
            for slices in rounds(new.values()):
                for done in side_by_side.map(self._write_slice, slices):
                    written.add(done)
        return written

    def _write_slice(self, transaction: Slice) -> Written:
        written = Written()
        remaining = transaction.trades
        tries = 0
        while remaining and self.has_time():
            try:
                self._transact(remaining)
            except ClientError as error:
                there = _stored_trades(error, remaining)
                written.duplicates += [streamed for streamed in remaining if streamed.key in there]
                remaining = [streamed for streamed in remaining if streamed.key not in there]
                if not there and not _is_passing(error):
                    raise
                tries += not there
            except (BotoCoreError, _NotReadError):
                tries += 1
            else:
                written.stored += remaining
                return written
            _pause(tries)
        written.failed += remaining
        return written

    def _transact(self, trades: list[StreamedTrade]) -> None:
        """Write the trades with their bars, or nothing."""
        bars = self._read_bars(Slice.of(trades).bars)
        changed = add_trades(bars, (streamed.trade for streamed in trades))
        stored_at_ms = time.time_ns() // 1_000_000
        puts = [self._put_trade(streamed, stored_at_ms) for streamed in trades]
        puts += [self._put_bar(bar, bars.get(key)) for key, bar in changed.items()]
        self.dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])

    def _read_bars(self, keys: Iterable[BarKey]) -> dict[BarKey, Bar]:
        """The bars that there are."""
        bars: dict[BarKey, Bar] = {}
        wanted = {"Keys": [to_wire({"symbol": key.symbol, "bar": key.bar}) for key in keys], "ConsistentRead": True}
        tries = 0
        while wanted:
            answer = self.dynamodb.batch_get_item(RequestItems={self.bars_table: wanted})
            found = (Bar.from_item(from_wire(item)) for item in answer["Responses"].get(self.bars_table, []))
            bars |= {bar.key: bar for bar in found}
            wanted = answer.get("UnprocessedKeys", {}).get(self.bars_table)
            if wanted:
                if not self.has_time():
                    raise _NotReadError
                tries += 1
                _pause(tries)
        return bars

    def _put_trade(self, streamed: StreamedTrade, stored_at_ms: int) -> dict[str, Any]:
        trade = streamed.trade
        item = {
            "symbol": trade.symbol,
            "trade_id": trade.trade_id,
            "price": trade.price,
            "volume": trade.volume,
            "traded_at_ms": trade.traded_at_ms,
            "conditions": trade.conditions,
            "occurrence": trade.occurrence,
            "received_at_ms": trade.received_at_ms,
            "stored_at_ms": stored_at_ms,
            "shard_id": streamed.shard_id,
            "sequence_number": streamed.sequence_number,
            "expires_at": trade.traded_at_ms // 1000 + int(TRADE_LIFETIME.total_seconds()),
        }
        condition = "attribute_not_exists(symbol)"
        return {"TableName": self.trades_table, "Item": to_wire(item), "ConditionExpression": condition}

    def _put_bar(self, bar: Bar, stored: Bar | None) -> dict[str, Any]:
        """A bar only gains trades, so the number of them tells whether it is as it was read."""
        put = {"TableName": self.bars_table, "Item": to_wire(bar.to_item())}
        if stored is None:
            return put | {"ConditionExpression": "attribute_not_exists(symbol)"}
        values = to_wire({":read": stored.trade_count})
        return put | {"ConditionExpression": "trade_count = :read", "ExpressionAttributeValues": values}


class _NotReadError(Exception):
    """DynamoDB has not given all bars in time."""


def _stored_trades(error: ClientError, trades: list[StreamedTrade]) -> set[tuple[str, str]]:
    """The keys of the trades that a cancelled transaction has found in the table; they come first in it."""
    codes = _reasons(error)
    return {streamed.key for streamed, code in zip(trades, codes, strict=False) if code == _CONDITION_FAILED}


def _is_passing(error: ClientError) -> bool:
    reasons = _reasons(error)
    if reasons:
        return set(reasons) <= _PASSING_REASONS
    is_trouble_of_the_service = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR
    return is_trouble_of_the_service or error.response["Error"]["Code"] in _PASSING_ANSWERS


def _reasons(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, item by item; nothing for another error."""
    return [reason.get("Code") or "None" for reason in error.response.get("CancellationReasons", [])]


def _pause(tries: int) -> None:
    """Longer after each try, and for a random time, so that functions in each other's way leave it."""
    if tries:
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (tries - 1))
        time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret
