"""Files that hold passwords, the tails of logs, and folders that go."""

import os
import shutil
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace a file with one that only its owner may read. Of several writers at once the last one's is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log; empty when there is none."""
    return path.read_text(errors="replace").splitlines()[-count:] if path.exists() else []


def remove_folder(folder: Path) -> None:
    """Remove a folder and all below it; the code of functions lies in folders that nobody may write to."""
    for parent, _, _ in os.walk(folder):
        if not os.access(parent, os.W_OK):
            Path(parent).chmod(0o700)
    shutil.rmtree(folder)
