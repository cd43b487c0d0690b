"""How the endpoint's server reads a request, and what of it the applications find in the WSGI environment."""

import socket
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO
from urllib.parse import quote

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

# In the environment of a request: its connection's socket.
SOCKET = "lakehouse.socket"
# Connections that carry content at the pace of who is at their other end, each with a thread of the server.
STREAMS = 64
# As long as nothing may move on one: Spark may take its time between the rows of a file.
STREAM_TIMEOUT_SECONDS = 600
LAST_OF_CONNECTION = (b"Connection", b"close")


class _EscapedLine:
    """A request's first line with the letters escaped that Hadoop's client sends as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readline(self) -> bytes:
        line = self._file.readline()
        return line if line.isascii() else quote(line, safe=string.printable).encode()


class Request(HTTPRequest):
    """One whose address may have letters beyond ASCII."""

    def read_request_line(self) -> bool:
        file = self.rfile
        self.rfile = _EscapedLine(file)
        try:
            return super().read_request_line()
        finally:
            self.rfile = file

    def send_headers(self) -> None:
        """Where the application says that the connection is closed, the server closes it."""
        if LAST_OF_CONNECTION in self.outheaders:
            self.close_connection = True
        super().send_headers()


class Connection(HTTPConnection):
    RequestHandlerClass = Request


class Gateway(wsgi.Gateway_10):
    """Adds to the WSGI environment what moto's request handler adds: the raw path, names of metadata headers. And the
    connection's socket, for answers that are read slowly."""

    def get_environ(self) -> dict[str, Any]:
        from moto.core.request import (
            PRESERVED_HEADER_NAMES_ENVIRON_KEY,
            environ_key_for_header,
            should_preserve_original_header_name,
        )

        environ = super().get_environ()
        names = [name.decode("latin-1") for name in self.req.inheaders]
        environ["RAW_URI"] = environ["REQUEST_URI"]
        environ[SOCKET] = self.req.conn.socket
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
            environ_key_for_header(name): name for name in names if should_preserve_original_header_name(name)
        }
        return environ


class Streams:
    """The streams under way, a bounded number of them. Each belongs to an owner, with whom it ends."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._owners: dict[socket.socket, str] = {}
        self._lock = threading.Lock()

    @property
    def has_place(self) -> bool:
        return len(self._owners) < self.places

    @contextmanager
    def under_way(self, connection: socket.socket, owner: str) -> Iterator[bool]:
        """Whether there is a place for the connection, which it has within the block."""
        with self._lock:
            is_let_in = self.has_place
            if is_let_in:
                self._owners[connection] = owner
                connection.settimeout(STREAM_TIMEOUT_SECONDS)
        try:
            yield is_let_in
        finally:
            with self._lock:
                self._owners.pop(connection, None)

    def end(self, owner: str | None = None) -> None:
        """End the owner's, or all."""
        with self._lock:
            for connection, its_owner in self._owners.items():
                if owner in (None, its_owner):
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)


content_streams = Streams(STREAMS)
