"""Half a minute of live trades, each of which is looked for in the end."""

from rich.console import Console
from rich.table import Table

from stack.lifecycle import Stack
from stack.trade_runs import begin_run
from stack.trades import default_symbols

_SYMBOLS, _PER_SECOND, _SECONDS = 20, 50, 30


def demonstrate_trades(stack: Stack, console: Console) -> Table:
    """Produce trades for a while; returns where they are. Raises StackError unless all are stored once or refused."""
    console.print(f"Live trades for {_SECONDS} seconds, {_PER_SECOND} a second", highlight=False)
    run = begin_run(stack, default_symbols(_SYMBOLS), _PER_SECOND)
    try:
        run.follow(_SECONDS, console)
    finally:
        run.end()
    run.require_all()
    return run.table()
