"""A readable file made of chunks, for psycopg's COPY FROM STDIN."""

import io
from collections.abc import Iterable


class ChunkStream(io.RawIOBase):
    def __init__(self, chunks: Iterable[bytes | memoryview]) -> None:
        self.chunks = iter(chunks)
        self.buffer = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self.buffer:
            chunk = next(self.chunks, None)
            if chunk is None:
                return b""
            self.buffer = memoryview(chunk)
        end = len(self.buffer) if size < 0 else size
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return bytes(taken)
