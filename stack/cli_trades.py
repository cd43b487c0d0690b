"""Commands for live trades."""

import time
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stack.cli_context import console, print_line, running_stack
from stack.trade_counts import producer_totals
from stack.trade_runs import TradeRun, begin_run
from stack.trades import FeedClient, default_symbols, is_ready, require_symbols

trades_app = typer.Typer(help="Live trades, from a websocket to DynamoDB.", no_args_is_help=True)

_DEFAULT_SYMBOLS = 20
_MOST_PER_SECOND = 100_000
_SECONDS_BETWEEN_LOOKS = 1.0


@trades_app.command()
def produce(
    *,
    rate: Annotated[float, typer.Option(min=0.1, max=_MOST_PER_SECOND, help="Trades per second.")] = 50,
    seconds: Annotated[int | None, typer.Option(min=1, help="So long; without it until Ctrl-C.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Symbols of the market data API, separated by commas.")] = None,
) -> None:
    """Start the trade feed and the producer, show what comes, and count at the end where every trade is.

    Exits with 1 unless what was sent was stored or refused, all of it.
    """
    chosen = _symbols(symbols)
    run = begin_run(running_stack(), chosen, rate)
    try:
        _follow(run, seconds)
    finally:
        run.end()
    console.print(run_table(run))
    run.require_all()


@trades_app.command()
def status() -> None:
    """Show the feed, the producer and what became of the trades of the last hour."""
    named = running_stack()
    if is_ready(named.settings):
        counts = FeedClient(named.settings, named.credentials).counts()
        print_line(f"The feed sends {counts['rate']:g} trades per second of {len(counts['subscribed'])} symbols.")
    else:
        print_line("No trade feed runs: `lakehouse trades produce` starts it.")
    console.print(_table(producer_totals(named.settings, time.time()), "The producer's last hour"))


@trades_app.command()
def fault(
    name: Annotated[str, typer.Argument(help="disconnect, garbage, half_message, duplicates, late, nan, silence, …")],
    *,
    times: Annotated[int, typer.Option(min=1, max=1000, help="So often.")] = 1,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long, of silence.")] = 5,
) -> None:
    """Let the running feed do something wrong."""
    named = running_stack()
    FeedClient(named.settings, named.credentials).add_fault(name, times, seconds)


def _symbols(text: str | None) -> list[str]:
    if text is None:
        return default_symbols(_DEFAULT_SYMBOLS)
    symbols = list(dict.fromkeys(symbol.strip() for symbol in text.split(",") if symbol.strip()))
    require_symbols(symbols)
    return symbols


def _follow(run: TradeRun, seconds: int | None) -> None:
    """Show the counts until the time is up, or somebody has seen enough."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    deadline = time.monotonic() + seconds if seconds else float("inf")
    with Progress(*columns, console=console) as progress:
        shown = progress.add_task("Trades", total=None)
        try:
            while (left := deadline - time.monotonic()) > 0:
                time.sleep(min(_SECONDS_BETWEEN_LOOKS, left))
                progress.update(shown, description=run.sentence())
        except KeyboardInterrupt:
            print_line("Ending: what has come is stored first.")


def run_table(run: TradeRun) -> Table:
    """Where every trade of a run that has ended is."""
    return _table(run.report(), "Trades")


def _table(numbers: dict[str, int], title: str) -> Table:
    table = Table(title, "Number")
    table.columns[1].justify = "right"
    for name, number in numbers.items():
        table.add_row(name, f"{number:,}")
    return table
