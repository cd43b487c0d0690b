"""All benchmarks: a table each on the terminal, and one JSON file."""

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    athena_clients,
    athena_queries,
    daily_warehouse,
    endpoint_memory,
    full_load,
    market_data,
    market_data_top_up,
    s3,
    sales_records,
    star_schema,
    stock_prices,
    trades,
)

RESULTS = Path(__file__).with_name("results")
Results = list[dict[str, Any]]
BENCHMARKS: dict[str, list[Callable[[], Results]]] = {
    "full_load": [lambda: full_load.main(5_000_000)],
    "star_schema": [lambda: star_schema.main(1_000_000), lambda: star_schema.main(10_000_000)],
    "stock_prices": [stock_prices.main],
    "market_data": [lambda: market_data.main(500, 2_520)],
    "market_data_top_up": [market_data_top_up.main],
    "sales_records": [sales_records.main],
    "trades": [lambda: trades.main(2_000, 120)],
    "athena_queries": [lambda: athena_queries.main(5_000_000)],
    "athena_clients": [lambda: athena_clients.main(8, 20)],
    "s3": [s3.main],
    "endpoint_memory": [endpoint_memory.main],
    "daily_warehouse": [lambda: daily_warehouse.main(1), lambda: daily_warehouse.main(5)],
}


def results_table(name: str, results: Results) -> Table:
    """A line per measure and a column per case: a terminal has more lines than columns to spare."""
    measures = dict.fromkeys(measure for result in results for measure in result if measure != "benchmark")
    table = Table(title=name, show_header=False)
    for measure in measures:
        table.add_row(measure, *(_shown(result.get(measure)) for result in results))
    return table


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def run(names: list[str], console: Console) -> dict[str, Results]:
    measured: dict[str, Results] = {}
    for name in names:
        started = time.perf_counter()
        console.print(f"{name} …")
        measured[name] = [result for benchmark in BENCHMARKS[name] for result in benchmark()]
        console.print(f"{name}: {time.perf_counter() - started:.0f} s")
        console.print(results_table(name, measured[name]))
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(BENCHMARKS)}; by default all")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    console = Console()
    measured = run(names, console)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(measured, indent=2) + "\n")
    console.print(f"Written to {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
