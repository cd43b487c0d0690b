"""A stream of trades, and the lake that they come to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from lakehouse_aws.trades.load import LoadTradesOperator, TradesHook

from lakehouse_contract.branches import published_tag, run_branch
from lakehouse_contract.datasets import TRADES
from lakehouse_contract.runs import run_document_key
from lakehouse_contract.trades import Trade, encode_record

NUMBERS = count()


class TradesLake:
    """A stream, and the lake that its trades come to."""

    def __init__(self, run: Callable, kinesis: Any, bucket: str, database: str) -> None:
        self.run, self.kinesis, self.bucket, self.database = run, kinesis, bucket, database
        self.stream = f"trades-{next(NUMBERS)}"
        self.make_stream()
        self.hook = TradesHook(bucket=bucket, database=database)
        self.arguments = {"bucket": bucket, "database": database}

    def make_stream(self) -> None:
        self.kinesis.create_stream(StreamName=self.stream, ShardCount=2)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=self.stream, WaiterConfig={"Delay": 1})

    def put(self, *trades: Trade, data: bytes | None = None) -> None:
        """Each trade in a record of its own, or one of other data."""
        records = [(trade.symbol, encode_record(trade.symbol, [trade])) for trade in trades]
        for key, content in [*records, *([("GARBAGE", data)] if data is not None else [])]:
            self.kinesis.put_record(StreamName=self.stream, PartitionKey=key, Data=content)

    def load(self, **options: Any) -> str:
        """The run, on its branches."""
        arguments = {"stream": self.stream, **self.arguments, **options}
        return self.run(LoadTradesOperator(task_id="transform", **arguments))

    def publish(self, run: str) -> None:
        self.hook.publish(run, TRADES.tables)

    def load_and_publish(self, **options: Any) -> None:
        self.publish(self.load(**options))

    def publish_first_table(self, run: str) -> None:
        """As a process that ends behind its first commit."""
        entry = self.hook.run_document(run)["tables"]["trades"]
        self.hook.versions("trades").move_main(entry["snapshot_id"], published_tag(run), creates_tag=True)

    def write_again(self, run: str, table: str) -> None:
        """Append what a run has written to its branch once more, and let its document say so."""
        document, branch = self.hook.run_document(run), run_branch(run)
        written = self.hook.table(table)
        rows = written.scan(f"run = '{run}'", snapshot_id=document["tables"][table]["snapshot_id"]).to_arrow()
        written.append(rows, branch=branch)
        document["tables"][table]["snapshot_id"] = self.hook.table(table).metadata.refs[branch].snapshot_id
        self.hook.lake.load_string(json.dumps(document), run_document_key(run), self.bucket, replace=True)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.hook.table(table).scan().to_arrow().to_pylist()

    def trades(self) -> list[tuple[str, Decimal]]:
        return sorted((row["symbol"], row["price"]) for row in self.rows("trades"))

    def rejects(self) -> list[tuple[str, str]]:
        return sorted((row["partition_key"], row["reason"]) for row in self.rows("trade_rejects"))


def trade(symbol: str, price: int, **changes: Any) -> Trade:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    values = {"volume": Decimal(3), "traded_at_ms": now_ms, "conditions": ("1",), "occurrence": 0}
    return Trade(symbol, Decimal(price), **(values | {"received_at_ms": now_ms} | changes))
