"""What the lake has published of the prices."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lakehouse_aws.iceberg.catalog import IcebergHook
from lakehouse_aws.market_data.planning import StoredPrices

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table

TABLE = "market_prices"


class StoredPricesHook(IcebergHook):
    """Reads the table of prices, a file at a time."""

    def stored_prices(self, symbols: Collection[str], closes_of: timedelta) -> dict[str, StoredPrices]:
        """By symbol, of those that have prices; empty before the first publication.

        :param closes_of: how long before a symbol's last stored bar its closes begin
        """
        table = self.find_table(TABLE)
        if table is None or table.current_snapshot() is None:
            return {}
        stored = _bounds(table, symbols)
        _add_closes(table, stored, closes_of)
        return stored


def _bounds(table: "Table", symbols: Collection[str]) -> dict[str, StoredPrices]:
    import pyarrow as pa

    stored: dict[str, StoredPrices] = {}
    for batch in table.scan(selected_fields=("symbol", "trade_date")).to_arrow_batch_reader():
        days = pa.Table.from_batches([batch]).group_by("symbol")
        bounds = days.aggregate([("trade_date", "min"), ("trade_date", "max")]).to_pylist()
        for symbol, first, last in ((row["symbol"], row["trade_date_min"], row["trade_date_max"]) for row in bounds):
            known = stored.get(symbol, StoredPrices(first, last, {}))
            if symbol in symbols:
                stored[symbol] = StoredPrices(min(first, known.first_date), max(last, known.last_date), {})
    return stored


def _add_closes(table: "Table", stored: dict[str, StoredPrices], closes_of: timedelta) -> None:
    """Of each symbol those that its next answer corrects, however long ago its last bar was."""
    from pyiceberg.expressions import GreaterThanOrEqual

    begins = {symbol: prices.last_date - closes_of for symbol, prices in stored.items()}
    if not begins:
        return
    earliest = GreaterThanOrEqual("trade_date", min(begins.values()).isoformat())
    scan = table.scan(row_filter=earliest, selected_fields=("symbol", "trade_date", "close"))
    for batch in scan.to_arrow_batch_reader():
        for bar in _since(batch, begins).to_pylist():
            stored[bar["symbol"]].closes[bar["trade_date"]] = float(bar["close"])


def _since(bars: "pa.RecordBatch", begins: dict[str, date]) -> "pa.RecordBatch":
    """The bars from each symbol's day on, without those of other symbols."""
    import pyarrow as pa
    import pyarrow.compute as pc

    place = pc.index_in(bars["symbol"], value_set=pa.array(list(begins), bars["symbol"].type))
    return bars.filter(pc.greater_equal(bars["trade_date"], pa.array(list(begins.values()), pa.date32()).take(place)))
