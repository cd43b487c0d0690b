"""The new trades of the stream on branches of a run, with how far the stream was read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from typing_extensions import override

from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_aws.trades.positions import POSITIONS_PROPERTY, StreamPositions
from lakehouse_aws.trades.stream import Stream, TradeStreamHook, check_no_gap
from lakehouse_contract.branches import BASE_PROPERTY, MAIN, PUBLISHED_PROPERTY, RUN_PROPERTY, run_branch
from lakehouse_contract.datasets import TRADES as DATASET
from lakehouse_contract.runs import TableOfRun, run_document_key

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

# Of records in a run: a worker's memory holds their rows, some 400,000 trades. What is left is the next run's.
MOST_BYTES = 48 * 1024 * 1024
# Of the stream's retention: a stream without trades is noted as read that often, so that it never looks like a gap.
NOTED_SHARE = 4


@dataclass(frozen=True)
class LoadedTrades:
    """The rows of a run and how far it has read. Rows of the records = trades + rejects."""

    trades: "pa.Table"
    rejects: "pa.Table"
    positions: StreamPositions

    @property
    def rows(self) -> int:
        return self.trades.num_rows + self.rejects.num_rows


class TradesHook(PublicationHook):
    """Writes runs of the dataset `trades`; they are published as those of any other dataset."""

    @cached_property
    def stream(self) -> TradeStreamHook:
        return TradeStreamHook(**self.hook_arguments)

    def published_positions(self) -> StreamPositions | None:
        """How far the published trades have been read; None before the first publication."""
        from lakehouse_aws.iceberg.versions import TableVersions

        table = self._tables()[0]
        tag = table.metadata.properties.get(PUBLISHED_PROPERTY)
        if tag is None:
            return None
        snapshot = table.metadata.snapshot_by_id(TableVersions(table).tags[tag])
        return StreamPositions.from_json(snapshot.summary[POSITIONS_PROPERTY])

    def load(self, run: str, stream: Stream, since: StreamPositions, most_bytes: int) -> LoadedTrades:
        """Read the stream, and tell new trades from those that are refused or came before."""
        import pyarrow as pa

        from lakehouse_aws.trades.rows import RowsOfRun, rejects_of_duplicates, split_duplicates

        gathered = RowsOfRun(run)
        positions = self.stream.read(stream, since, most_bytes, gathered.take)
        trades = gathered.trade_table()
        new, duplicates = split_duplicates(trades, self._published_keys(trades))
        rejects = pa.concat_tables([gathered.reject_table(), rejects_of_duplicates(duplicates, run)])
        return LoadedTrades(new, rejects, positions)

    def write(self, run: str, run_id: str, since: StreamPositions, loaded: LoadedTrades) -> dict[str, Any]:
        """Write the rows to the run's branches, and its document last; returns the document."""
        frames = dict(zip(DATASET.tables, (loaded.trades, loaded.rejects), strict=True))
        tables = {table.name()[-1]: table for table in self._tables()}
        written = {name: self._write_branch(run, tables[name], frames[name], loaded) for name in DATASET.tables}
        document = {
            "run": run,
            "run_id": run_id,
            "created_at": datetime.now(UTC).isoformat(),
            "sources": {"stream": {"rows": loaded.rows, "rejected_rows": loaded.rejects.num_rows}},
            "tables": written,
            "sums": {},
            "read_since": since.complete_until.isoformat(),
            **_bounds("traded_at", loaded.trades),
            **_bounds("arrived_at", loaded.rejects),
        }
        self.lake.load_string(json.dumps(document, indent=2), run_document_key(run), self.bucket, replace=True)
        return document

    def _write_branch(self, run: str, table: "Table", rows: "pa.Table", loaded: LoadedTrades) -> TableOfRun:
        from lakehouse_contract.tables import declared_table

        branch, name = run_branch(run), table.name()[-1]
        if MAIN not in table.metadata.refs:
            # PyIceberg makes no branch of a table without a snapshot: one without rows is a beginning that nobody sees.
            table.append(rows.slice(length=0))
        base = table.metadata.refs[MAIN].snapshot_id
        table.manage_snapshots().create_branch(base, branch).commit()
        properties = {
            RUN_PROPERTY: run,
            BASE_PROPERTY: str(base),
            POSITIONS_PROPERTY: loaded.positions.to_json(),
        }
        in_order = rows.sort_by([(key, "ascending") for key in declared_table(name).sort_keys])
        table.append(in_order, snapshot_properties=properties, branch=branch)
        head = self.table(name).metadata.snapshot_by_name(branch)
        return {
            "rows": int(head.summary["total-records"]),
            "base_snapshot_id": base,
            "snapshot_id": head.snapshot_id,
        }

    def _published_keys(self, trades: "pa.Table") -> "Iterator[pa.Array]":
        """Of the published trades of the days and moments that these are of."""
        from lakehouse_aws.trades.rows import trade_keys

        table = self._tables()[0]
        if not trades.num_rows or table.current_snapshot() is None:
            return
        scan = table.scan(_at_moments_of(trades), selected_fields=("symbol", "trade_id"))
        for batch in scan.to_arrow_batch_reader():
            yield trade_keys(batch["symbol"], batch["trade_id"])

    def _tables(self) -> "list[Table]":
        from lakehouse_aws.iceberg.declared import create_declared_table

        return [create_declared_table(self.catalog, self.database, self.bucket, name) for name in DATASET.tables]


class PublishTradesOperator(PublishRunOperator):
    """Publish a run that has passed its audit; of the versions that come every five minutes the last ones stay."""

    @override
    def execute(self, context: Context) -> str:
        published = super().execute(context)
        self.hook.forget_superseded(DATASET.tables, DATASET.tables[0])
        return published


class LoadTradesOperator(AwsBaseOperator[TradesHook]):
    """Write what the stream has brought since the published trades to branches of a run; returns the run.

    Skips when the stream has nothing new. A publication that was broken off is completed first. Fails without a retry
    when records may have left the stream unread, unless `accepts_gap` says that the rest is wanted all the same.

    :param stream: name of the Kinesis stream; None where there is none, which skips
    :param bucket: the lake's bucket
    :param database: the Glue database
    :param accepts_gap: a text, of which `True` means yes
    """

    aws_hook_class = TradesHook
    template_fields = aws_template_fields("stream", "bucket", "database", "accepts_gap")

    def __init__(
        self,
        *,
        stream: str | None,
        bucket: str,
        database: str,
        accepts_gap: str = "False",
        most_bytes: int = MOST_BYTES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.stream = stream
        self.bucket = bucket
        self.database = database
        self.accepts_gap = accepts_gap
        self.most_bytes = most_bytes

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> str:
        if not self.stream:
            raise AirflowSkipException("There is no stream of trades: LAKEHOUSE_TRADES_STREAM is not set.")
        self.hook.complete_broken_publication(DATASET.tables)
        stream = self.hook.stream.describe(self.stream)
        published = self.hook.published_positions()
        since = self._begin(stream, published)
        run = f"trades_{uuid4().hex}"
        loaded = self.hook.load(run, stream, since, self.most_bytes)
        self.log.info("%s trades are new, %s are rejected", loaded.trades.num_rows, loaded.rejects.num_rows)
        noted_since = datetime.now(UTC) - stream.retention / NOTED_SHARE
        if not loaded.rows and (published is None or published.complete_until > noted_since):
            raise AirflowSkipException(f"The stream {self.stream} has nothing new.")
        self.hook.write(run, context["ti"].run_id, since, loaded)
        return run

    def _begin(self, stream: Stream, published: StreamPositions | None) -> StreamPositions:
        """The positions to read on from; those of another stream of the same name are none."""
        if published is None:
            return StreamPositions(stream.created_at)
        if self.accepts_gap == "True":
            self.log.warning("Records that have left the stream unread are given up")
        else:
            check_no_gap(stream, published, datetime.now(UTC))
        return published if published.stream_created_at == stream.created_at else StreamPositions(stream.created_at)


def _bounds(column: str, rows: "pa.Table") -> dict[str, str]:
    """The first and the last of the moments; the same one of no rows."""
    import pyarrow.compute as pc

    bounds = pc.min_max(rows[column]).as_py()
    nothing = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
    return {
        f"first_{column}": (bounds["min"] or nothing).isoformat(sep=" ", timespec="microseconds"),
        f"last_{column}": (bounds["max"] or nothing).isoformat(sep=" ", timespec="microseconds"),
    }


def _at_moments_of(trades: "pa.Table") -> "BooleanExpression":
    """In the days (partitions) of these trades, and between the first and the last of their moments."""
    import pyarrow.compute as pc
    from pyiceberg.expressions import AlwaysFalse, And, EqualTo, GreaterThanOrEqual, LessThanOrEqual, Or

    bounds = pc.min_max(trades["traded_at"]).as_py()
    days: BooleanExpression = AlwaysFalse()
    for day in trades["trade_date"].unique().to_pylist():
        of_day = And(EqualTo("year", day.year), EqualTo("month", day.month), EqualTo("day", day.day))
        days = Or(days, of_day)
    return And(
        days,
        GreaterThanOrEqual("traded_at", bounds["min"].isoformat()),
        LessThanOrEqual("traded_at", bounds["max"].isoformat()),
    )
