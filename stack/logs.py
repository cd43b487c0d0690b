"""The logs of the stack's processes, on the terminal."""

import subprocess
from pathlib import Path

from stack.errors import StackError


def show_logs(directory: Path, process: str | None, lines: int, *, follow: bool) -> None:
    """Print the end of one log or of all, and go on with what is written if told to.

    Raises StackError for a process that has no log.
    """
    names = sorted(path.stem for path in directory.glob("*.log"))
    if not names:
        raise StackError(f"There are no logs in {directory}: start the stack with `lakehouse up`.")
    if process is not None and process not in names:
        raise StackError(f"There is no log of {process!r}: name one of {', '.join(names)}.")
    paths = [str(directory / f"{name}.log") for name in ([process] if process else names)]
    options = [f"--lines={lines}", *(["--follow", "--retry"] if follow else [])]
    subprocess.run(["tail", *options, *paths], check=False)
