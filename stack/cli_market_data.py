"""Commands for the market data API of this machine."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from stack import market_data
from stack.cli_context import print_line, running_stack
from stack.cloudformation import outputs
from stack.errors import StackError

market_data_app = typer.Typer(help="The market data API of this machine.", no_args_is_help=True)

_MOST_SYMBOLS = 500


@market_data_app.command()
def watch(
    *,
    symbols: Annotated[int, typer.Option(min=1, max=_MOST_SYMBOLS, help="So many of the API's symbols.")] = 12,
    since: Annotated[str, typer.Option(help="The first day.")] = market_data.WATCHED_SINCE,
    file: Annotated[Path | None, typer.Option(help="A CSV of your own: symbol,since_date,is_active,sector.")] = None,
) -> None:
    """Replace the watchlist; the next run of market_data_daily asks for what is missing."""
    content = market_data.watchlist(symbols, _day(since)) if file is None else _text_of(file)
    named = running_stack()
    market_data.replace_watchlist(named.settings, outputs(named.settings)["LakeBucket"], content)
    print_line("The watchlist is replaced: `lakehouse trigger market_data_daily --wait` asks for what is missing.")


@market_data_app.command()
def fault(
    name: Annotated[str, typer.Argument(help="minute_limit, day_limit, server_error, timeout, half_answer, …")],
    *,
    times: Annotated[int, typer.Option(min=1, help="So many requests.")] = 1,
    symbol: Annotated[str | None, typer.Option(help="Only requests of this symbol.")] = None,
) -> None:
    """Let the API's next requests fail."""
    named = running_stack()
    market_data.add_fault(named.settings, named.credentials, name, times, symbol)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise StackError(f"--since is {text!r}: write a day as 2024-01-02.") from None


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(f"{file} cannot be read as text in UTF-8: {error}") from None
