"""A request to an API, as API Gateway sees it."""

import base64
import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
LARGEST_PAYLOAD_BYTES = 10 * 1024 * 1024
CHUNK_BYTES = 1 << 20
DISCARDED_CHUNKS = 100


class PayloadTooLargeError(Exception):
    """A body of more than LARGEST_PAYLOAD_BYTES."""


def _new_request_id() -> str:
    return base64.b64encode(os.urandom(11)).decode()


@dataclass
class ApiRequest:
    """`sent_path` is what follows the API's address, not decoded; with the stage's name, where that is in it."""

    environ: "WSGIEnvironment"
    sent_path: str
    request_id: str = field(default_factory=_new_request_id)
    received_at: float = field(default_factory=time.time)
    started: float = field(default_factory=time.perf_counter)
    is_read: bool = False

    @property
    def method(self) -> str:
        return self.environ["REQUEST_METHOD"]

    @property
    def path(self) -> str:
        """Decoded, as HTTP APIs hand it to functions: https://github.com/middleapi/standard-server/pull/93."""
        return unquote(self.sent_path)

    @property
    def protocol(self) -> str:
        return self.environ.get("SERVER_PROTOCOL", "HTTP/1.1")

    @property
    def query(self) -> str:
        """As it was sent."""
        return self.environ.get("QUERY_STRING", "")

    @cached_property
    def query_parameters(self) -> dict[str, list[str]]:
        """Decoded values by name."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lower-case name. Of one that came twice the last, but for those that HTTP defines as lists."""
        names = {name: name[5:] for name in self.environ if name.startswith("HTTP_")}
        names |= {name: name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if self.environ.get(name)}
        return {header.replace("_", "-").lower(): self.environ[name] for name, header in names.items()}

    @property
    def origin(self) -> str | None:
        return self.environ.get("HTTP_ORIGIN")

    @property
    def source_ip(self) -> str:
        return self.environ.get("REMOTE_ADDR", "127.0.0.1")

    @property
    def user_agent(self) -> str:
        return self.environ.get("HTTP_USER_AGENT", "")

    @property
    def is_chunked(self) -> bool:
        return "HTTP_TRANSFER_ENCODING" in self.environ

    @property
    def leaves_a_rest(self) -> bool:
        """Whether what comes next on the connection may be the rest of this request; the server reads a known rest."""
        return self.is_chunked and not self.is_read

    def read_body(self) -> bytes:
        """Raises PayloadTooLargeError."""
        declared = int(self.environ.get("CONTENT_LENGTH") or 0)
        if not declared and not self.is_chunked:
            return b""
        stream = self.environ["wsgi.input"]
        body = stream.read(LARGEST_PAYLOAD_BYTES + 1)
        if len(body) <= LARGEST_PAYLOAD_BYTES:
            self.is_read = True
            return body
        # A client that is still sending would not read the answer.
        for _ in range(DISCARDED_CHUNKS):
            if not stream.read(CHUNK_BYTES):
                break
        raise PayloadTooLargeError
