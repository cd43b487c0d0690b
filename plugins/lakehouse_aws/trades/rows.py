"""Records of the stream as rows of `trades` and `trade_rejects`.

Imported inside of functions only: PyArrow takes a while to import.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse_aws.trades.stream import StreamRecord
from lakehouse_contract.tables import declared_table
from lakehouse_contract.trades import RefusedError, Trade, read_record

TRADES = "trades"
REJECTS = "trade_rejects"
DUPLICATE = "duplicate_identical"
MOST_RAW_CHARACTERS = 1000
MOST_KEY_CHARACTERS = 256

_DUPLICATE_MESSAGE = "The trade came before."
_ARROW_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(20,8)": pa.decimal128(20, 8),
}
_SEPARATOR = "\x1f"
Row = dict[str, Any]


def arrow_schema(table: str) -> pa.Schema:
    """The columns of a declared table; moments are in UTC, without a zone."""
    columns = declared_table(table).columns
    return pa.schema([pa.field(c.name, _ARROW_TYPES[c.type], nullable=not c.is_required) for c in columns])


@dataclass
class RowsOfRun:
    """The rows of a run as they are gathered from several threads."""

    run: str
    trades: list[pa.Table] = field(default_factory=list)
    rejects: list[pa.Table] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def take(self, records: Sequence[StreamRecord]) -> None:
        """Add the trades of records, and the records and trades that are refused."""
        trades, rejects = _rows(records, self.run)
        with self.lock:
            self.trades.append(pa.Table.from_pylist(trades, schema=arrow_schema(TRADES)))
            self.rejects.append(pa.Table.from_pylist(rejects, schema=arrow_schema(REJECTS)))

    def trade_table(self) -> pa.Table:
        return pa.concat_tables([arrow_schema(TRADES).empty_table(), *self.trades])

    def reject_table(self) -> pa.Table:
        return pa.concat_tables([arrow_schema(REJECTS).empty_table(), *self.rejects])


def split_duplicates(trades: pa.Table, published_keys: Iterable[pa.Array]) -> tuple[pa.Table, pa.Table]:
    """The trades that are new, each once, as it arrived first; and the others.

    :param published_keys: `trade_keys` of published trades that may be among these
    """
    order = [("arrived_at", "ascending"), ("shard_id", "ascending"), ("sequence_number", "ascending")]
    arrived = trades.sort_by([*order, ("position", "ascending")])
    keys = trade_keys(arrived["symbol"], arrived["trade_id"])
    first = pc.equal(pc.index_in(keys, value_set=keys), pa.array(range(len(keys)), pa.int32()))
    known = pa.array([], pa.string())
    for published in published_keys:
        known = pa.concat_arrays([known, published.filter(pc.is_in(published, value_set=keys))])
    is_new = pc.and_(first, pc.invert(pc.is_in(keys, value_set=known)))
    return arrived.filter(is_new), arrived.filter(pc.invert(is_new))


def trade_keys(symbols: pa.ChunkedArray | pa.Array, trade_ids: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Symbol and identifier of each trade as one text."""
    joined = pc.binary_join_element_wise(symbols.cast(pa.string()), trade_ids.cast(pa.string()), _SEPARATOR)
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def rejects_of_duplicates(duplicates: pa.Table, run: str) -> pa.Table:
    """Rows of `trade_rejects` of trades that came before."""
    rows = [
        {
            "shard_id": row["shard_id"],
            "sequence_number": row["sequence_number"],
            "position": row["position"],
            "partition_key": row["symbol"],
            "reason": DUPLICATE,
            "message": _DUPLICATE_MESSAGE,
            "raw_trade": _shortened(json.dumps({name: _plain(row[name]) for name in _TOLD_OF_DUPLICATES})),
            "arrived_at": row["arrived_at"],
            "run": run,
            **_day(row["arrived_at"]),
        }
        for row in duplicates.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(REJECTS))


_TOLD_OF_DUPLICATES = ("symbol", "trade_id", "price", "volume", "traded_at", "conditions", "occurrence", "received_at")


def _rows(records: Sequence[StreamRecord], run: str) -> tuple[list[Row], list[Row]]:
    trades: list[Row] = []
    rejects: list[Row] = []
    for record in records:
        try:
            read = read_record(record.data, record.arrived_at)
        except RefusedError as error:
            data = record.data[: 4 * MOST_RAW_CHARACTERS].decode(errors="backslashreplace")
            rejects.append(_reject(record, None, error.reason, str(error), data, run))
            continue
        trades += [_trade(record, position, trade, run) for position, trade in read.trades]
        rejects += [
            _reject(record, refused.position, refused.reason, refused.message, refused.content, run)
            for refused in read.refused
        ]
    return trades, rejects


def _trade(record: StreamRecord, position: int, trade: Trade, run: str) -> Row:
    traded_at = _moment(trade.traded_at_ms)
    return {
        "symbol": trade.symbol,
        "trade_id": trade.trade_id,
        "trade_date": traded_at.date(),
        "traded_at": traded_at,
        "price": trade.price,
        "volume": trade.volume,
        "conditions": json.dumps(trade.conditions),
        "occurrence": trade.occurrence,
        "received_at": _moment(trade.received_at_ms),
        "arrived_at": _without_zone(record.arrived_at),
        "shard_id": record.shard_id,
        "sequence_number": record.sequence_number,
        "position": position,
        "run": run,
        **_day(traded_at),
    }


def _reject(record: StreamRecord, position: int | None, reason: str, message: str, content: str, run: str) -> Row:
    arrived_at = _without_zone(record.arrived_at)
    return {
        "shard_id": record.shard_id,
        "sequence_number": record.sequence_number,
        "position": position,
        "partition_key": _shortened(record.partition_key, MOST_KEY_CHARACTERS),
        "reason": reason,
        "message": _shortened(message),
        "raw_trade": _shortened(content),
        "arrived_at": arrived_at,
        "run": run,
        **_day(arrived_at),
    }


def _shortened(content: str, most_characters: int = MOST_RAW_CHARACTERS) -> str:
    """Without the character that Redshift's texts cannot have."""
    return content.replace("\x00", "\\x00")[:most_characters]


def _moment(milliseconds: int) -> datetime:
    return _without_zone(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _day(moment: datetime) -> Row:
    return {"year": moment.year, "month": moment.month, "day": moment.day}


def _plain(value: Any) -> str | int:
    if isinstance(value, Decimal | datetime):
        return str(value)
    return value
