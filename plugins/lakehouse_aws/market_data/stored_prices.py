"""What the lake has published of the prices."""

from datetime import date
from typing import TYPE_CHECKING

from lakehouse_aws.iceberg.catalog import IcebergHook
from lakehouse_aws.market_data.planning import StoredPrices

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "market_prices"


class StoredPricesHook(IcebergHook):
    """Reads the table of prices, a file at a time."""

    def stored_prices(self, closes_since: date) -> dict[str, StoredPrices]:
        """By symbol; empty before the first publication.

        :param closes_since: the first day of which the closes are given, too
        """
        table = self.find_table(TABLE)
        if table is None or table.current_snapshot() is None:
            return {}
        stored: dict[str, StoredPrices] = {}
        for batch in table.scan(selected_fields=("symbol", "trade_date", "close")).to_arrow_batch_reader():
            _add(stored, batch, closes_since)
        return stored


def _add(stored: dict[str, StoredPrices], batch: "pa.RecordBatch", closes_since: date) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    bars = pa.Table.from_batches([batch])
    bounds = bars.group_by("symbol").aggregate([("trade_date", "min"), ("trade_date", "max")])
    for symbol, first, last in zip(*bounds.select(["symbol", "trade_date_min", "trade_date_max"]), strict=True):
        known = stored.get(symbol.as_py())
        stored[symbol.as_py()] = StoredPrices(
            min(first.as_py(), known.first_date) if known else first.as_py(),
            max(last.as_py(), known.last_date) if known else last.as_py(),
            known.closes if known else {},
        )
    for bar in bars.filter(pc.field("trade_date") >= pa.scalar(closes_since)).to_pylist():
        stored[bar["symbol"]].closes[bar["trade_date"]] = float(bar["close"])
