"""What the arrivals have to know of how a file reads."""

from collections.abc import Hashable
from typing import Protocol


class Layout(Protocol):
    """How a file reads, found in its first bytes.

    `data_start`: bytes of the decompressed text before its first row. `origin`: what the file's name says beyond its
    content, so that equal contents are the same rows only where their origins are equal.
    """

    @property
    def data_start(self) -> int: ...

    @property
    def origin(self) -> Hashable: ...
