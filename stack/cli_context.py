"""What the commands share: the stack that the environment names, and the terminal."""

from rich.console import Console

from stack.containers import ContainerStack
from stack.lifecycle import Stack
from stack.settings import StackSettings

WIDTH_WITHOUT_TERMINAL = 200

console = Console()
if not console.is_terminal:
    console.width = WIDTH_WITHOUT_TERMINAL


def stack() -> Stack:
    settings = StackSettings.from_environment()
    return ContainerStack(settings) if settings.airflow_server else Stack(settings)


def running_stack() -> Stack:
    """Raises StackError when it is not running."""
    named = stack()
    named.require_running()
    return named


def print_line(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
