"""A lake whose market data the job writes ingest by ingest, from answers as the API gives them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lakehouse_glue.iceberg import read_version, table_identifier
from lakehouse_glue.lake import Lake
from lakehouse_glue.market_data.build import Run, load_market_data
from pyspark.sql import SparkSession

from lakehouse_contract.datasets import MARKET_DATA
from lakehouse_contract.market_data import (
    HISTORY_REWRITTEN,
    IngestManifest,
    MissingPrices,
    RawAnswer,
    WatchedSymbol,
    ingest_name,
    instruments_key,
    prices_key,
)
from lakehouse_contract.tables import declared_table

Bars = Sequence[Mapping[str, Any]]


def bar(day: date | str, close: str = "10.00", **values: str | None) -> dict[str, str | None]:
    """A bar as the API writes it: texts, all prices at `close` but for those that are given."""
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return {"datetime": str(day)} | prices | {"volume": "100"} | values


def document(symbol: str, bars: Bars, **meta: str | None) -> dict[str, Any]:
    """The answer for one symbol."""
    common = {"interval": "1day", "currency": "USD", "exchange": "NASDAQ", "mic_code": "XNAS", "type": "Common Stock"}
    return {"meta": {"symbol": symbol} | common | meta, "values": list(bars), "status": "ok"}


def listing(symbol: str, **values: str) -> dict[str, str]:
    common = {"currency": "USD", "exchange": "NASDAQ", "mic_code": "XNAS", "country": "United States"}
    return {"symbol": symbol, "name": f"{symbol} Inc", "type": "Common Stock"} | common | values


class MarketLake:
    def __init__(self, spark: SparkSession, lake: Lake, database: str, folder: Path) -> None:
        self.spark, self.lake, self.database, self.folder = spark, lake, database, folder
        self.raw = folder / "raw_bucket"

    def manifest(
        self,
        name: str,
        requested_at: datetime,
        answers: Iterable[tuple[str, Any] | tuple[str, Any, datetime]],
        trading_days: Iterable[date],
        listings: Sequence[Mapping[str, str]] | None = None,
        sectors: Mapping[str, str] | None = None,
        rewritten: Sequence[str] = (),
    ) -> IngestManifest:
        """Keep the answers as an ingest does: the symbols that were asked for, the answer, and when, if it was another
        moment.
        """
        ingest = ingest_name(name, requested_at.isoformat())
        day = requested_at.date()
        prices = [
            self._keep(
                prices_key(day, ingest, 0, number), f"/time_series?symbol={symbols}", body, *at or [requested_at]
            )
            for number, (symbols, body, *at) in enumerate(answers)
        ]
        instruments = []
        if listings is not None:
            content = {"data": list(listings), "status": "ok"}
            instruments = [self._keep(instruments_key(day, ingest), "/stocks", content, requested_at)]
        watchlist = [WatchedSymbol(symbol, "2024-01-01", True, sector) for symbol, sector in (sectors or {}).items()]
        days = tuple(day.isoformat() for day in trading_days)
        missing = tuple(MissingPrices(symbol, days[0], days[-1], HISTORY_REWRITTEN) for symbol in rewritten)
        return IngestManifest(ingest, name, tuple(watchlist), days, tuple(prices), tuple(instruments), missing)

    def load(
        self, run: str, manifest: IngestManifest, share: float = 0.5, published: Iterable[str] = MARKET_DATA.tables
    ) -> dict[str, Any]:
        """The document of a run over the ingest, of which these tables are published."""
        root = self.raw.as_uri()
        run_of_job = Run(run, f"manual__{run}", share)
        written = load_market_data(self.spark, self.lake, self.database, root, manifest, run_of_job)
        for table in published:
            call = f"CALL glue_catalog.system.fast_forward('{self.database}.{table}', 'main', 'run_{run}')"
            self.spark.sql(call).collect()
        return written

    def rows(self, table: str, written: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The published rows, or those of a run's version."""
        identifier = table_identifier(self.database, table)
        frame = self.spark.table(identifier)
        if written:
            version = written["tables"][table]["snapshot_id"]
            frame = read_version(self.spark, identifier, declared_table(table), version)
        return [{name: _in_utc(value) for name, value in row.asDict().items()} for row in frame.collect()]

    def _keep(self, key: str, request: str, content: Any, requested_at: datetime) -> RawAnswer:
        body = content if isinstance(content, str) else json.dumps(content)
        path = self.raw / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
        etag = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        return RawAnswer(key, len(body), etag, request, requested_at.isoformat())


def _in_utc(value: Any) -> Any:
    """Points in time are stored in UTC without saying so."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
