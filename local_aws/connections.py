"""How the endpoint's server reads a request, and what of it the applications find in the WSGI environment."""

import string
from typing import Any, BinaryIO
from urllib.parse import quote

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest

# In the environment of a request: its connection's socket.
SOCKET = "lakehouse.socket"


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
