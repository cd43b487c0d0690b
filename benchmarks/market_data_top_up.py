"""The daily run of the market data in a stack of its own: a backfill, and top-ups of new days, from trigger to green.

A run of the demonstration's watchlist comes first: Airflow starts one by itself in the hours after the schedule's.

`python -m benchmarks.market_data_top_up --symbols 500`
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from benchmarks.daily_warehouse import job_seconds
from stack.cloudformation import outputs
from stack.credentials import load_credentials
from stack.lifecycle import Stack
from stack.market_data import replace_watchlist, watchlist
from stack.market_data_demonstration import MARKET_DATA_DAG
from stack.ports import free_ports
from stack.queries import query_athena
from stack.runs import finish, trigger
from stack.settings import StackSettings

SYMBOLS = 500
SINCE = "2016-01-04"
# The API's clock at each run; the first one is the backfill.
DAYS_AGO = (8, 6, 5, 4)
# The credits of a minute pay for one run over so many symbols.
PAUSE_SECONDS = 60
BARS = "SELECT count(*) FROM market_prices"


def main(symbols: int = SYMBOLS) -> list[dict[str, Any]]:
    """A line per run: seconds from trigger to green, those of the Glue jobs, and the bars that are stored then."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="market-data-top-up-") as folder:
        Path(folder).chmod(0o755)
        stack = Stack(StackSettings(Path(folder, "home"), *free_ports(5)))
        try:
            stack.up(console.print)
            _run(stack.settings, DAYS_AGO[0], console)
            replace_watchlist(stack.settings, outputs(stack.settings)["LakeBucket"], watchlist(symbols, SINCE))
            runs = [_run(stack.settings, days_ago, console) for days_ago in DAYS_AGO]
        finally:
            stack.clean()
    return [{"benchmark": "market_data_top_up", "symbols": symbols, **run} for run in runs]


def _run(settings: StackSettings, days_ago: int, console: Console) -> dict[str, Any]:
    _set_clock(settings, datetime.now(UTC) - timedelta(days=days_ago))
    started = time.perf_counter()
    finish(settings, MARKET_DATA_DAG, trigger(settings, MARKET_DATA_DAG), console)
    seconds = round(time.perf_counter() - started, 1)
    transform, audit = (job_seconds(settings, job) for job in ("market-data-to-ohlcv", "audit-dataset"))
    ((bars,),) = query_athena(settings, BARS).rows
    time.sleep(PAUSE_SECONDS)
    return {
        "case": "backfill" if days_ago == DAYS_AGO[0] else "top-up",
        "bars": int(bars),
        "seconds": seconds,
        "transform_seconds": round(transform, 1),
        "audit_seconds": round(audit, 1),
    }


def _set_clock(settings: StackSettings, now: datetime) -> None:
    key = load_credentials(settings.home).market_data_key
    headers = {"Authorization": f"apikey {key}"}
    httpx.post(
        f"{settings.market_data_url}/_admin/clock", json={"now": now.isoformat()}, headers=headers
    ).raise_for_status()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    for line in main(parser.parse_args().symbols):
        print(json.dumps(line))
