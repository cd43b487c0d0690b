"""Commands for live trades."""

import time
from typing import Annotated

import typer

from stack.cli_context import console, print_line, running_stack
from stack.trade_counts import producer_totals
from stack.trade_runs import begin_run, number_table
from stack.trades import FeedClient, default_symbols, is_ready, require_symbols

trades_app = typer.Typer(help="Live trades, from a websocket to DynamoDB.", no_args_is_help=True)

_DEFAULT_SYMBOLS = 20
_MOST_PER_SECOND = 100_000


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
        run.follow(seconds, console)
    finally:
        run.end()
    console.print(run.table())
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
    console.print(number_table("The producer's last hour", producer_totals(named.settings, time.time())))


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
