"""Something that the stack and the plain reading take differently."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Difference:
    """What differs, and the test case that shows it."""

    what: str
    kept_as: Path
