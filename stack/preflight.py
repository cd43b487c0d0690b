"""What must hold before anything is started."""

import shutil
import sys

from stack.errors import StackError
from stack.ports import is_free
from stack.settings import StackSettings

_SUPPORTED_PYTHON = ((3, 11), (3, 12))
_NEEDED_DISK_BYTES = 2 * 1024**3


def check(settings: StackSettings) -> None:
    """Raises StackError for the first thing that would keep the stack from starting."""
    check_python(sys.version_info[:2])
    check_disk(settings)
    check_ports(settings)


def check_python(version: tuple[int, int]) -> None:
    if version not in _SUPPORTED_PYTHON:
        raise StackError(f"Python {version[0]}.{version[1]} is not supported: run with Python 3.11 or 3.12.")


def check_disk(settings: StackSettings, needed_bytes: int = _NEEDED_DISK_BYTES) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(settings.home).free
    if free_bytes < needed_bytes:
        raise StackError(
            f"{settings.home} has {free_bytes / 1024**3:.1f} GiB free and the stack needs "
            f"{needed_bytes / 1024**3:.0f} GiB: free some space, or set LAKEHOUSE_HOME to a folder that has it."
        )


def check_ports(settings: StackSettings) -> None:
    taken = {variable: port for variable, port in settings.embedded_ports.items() if not is_free(port)}
    if taken:
        ports = ", ".join(str(port) for port in taken.values())
        raise StackError(f"Port {ports} is taken by another program: stop it, or set {', '.join(taken)} to a free one.")
