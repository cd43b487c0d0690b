"""What the commands share: the stack that the environment names, and the terminal."""

from rich.console import Console

from stack.lifecycle import Stack
from stack.settings import StackSettings

console = Console()


def stack() -> Stack:
    return Stack(StackSettings.from_environment())


def running_stack() -> Stack:
    """Raises StackError when it is not running."""
    named = stack()
    named.require_running()
    return named


def print_line(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
