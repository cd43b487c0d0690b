"""Files that hold passwords, and the tails of logs."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace a file with one that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log; empty when there is none."""
    return path.read_text(errors="replace").splitlines()[-count:] if path.exists() else []
