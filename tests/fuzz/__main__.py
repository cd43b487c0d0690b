"""`python -m tests.fuzz --minutes 30`: odd data with new seeds through the running stack, until the time is over.

What the stack and a plain reading take differently is kept below tests/fuzz/found, as test cases of `make test`.
"""

import sys
import time
from itertools import count
from typing import Annotated

import typer

from stack.cli_context import print_line, running_stack
from stack.errors import StackError
from tests.fuzz import source_rounds, stock_rounds


def fuzz(
    *,
    minutes: Annotated[float, typer.Option(min=0, help="Time after which no other round begins.")] = 30,
    seed: Annotated[int | None, typer.Option(help="Of the first round; by default the time.")] = None,
) -> None:
    """Rounds of stock files and of source rows in turn. Exits with 1 when something was found."""
    stack = running_stack()
    deadline = time.monotonic() + minutes * 60
    found = 0
    for number in count(int(time.time()) if seed is None else seed):
        for rounds in (stock_rounds, source_rounds):
            differences = rounds.play(stack, number)
            print_line(f"Seed {number}, {rounds.WHAT}: {len(differences) or 'no'} differences")
            for difference in differences:
                print_line(f"{difference.what}; kept as {difference.kept_as}")
            found += len(differences)
        if time.monotonic() > deadline:
            break
    if found:
        raise StackError(f"{found} differences were found: they are test cases of `make test` from here on.")


if __name__ == "__main__":
    try:
        typer.run(fuzz)
    except StackError as error:
        sys.exit(str(error))
