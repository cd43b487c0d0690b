"""Addresses at which the endpoint serves what its users deployed: APIs and websites, to clients that sign nothing.

On AWS they are host names of their own. Here they are paths, which need no name resolution, and the host names too, for
a client that is given the endpoint's address and AWS's host name.
"""

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local_aws.settings import endpoint_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The server's threads. Requests to public addresses may wait at once for what they call, which calls the endpoint
# itself: so many wait besides all other requests, which always find a thread.
REQUEST_THREADS = 48
WAITING_PLACES = 208

Answer = Callable[[str, str, "WSGIEnvironment", "StartResponse"], Iterable[bytes]]


@dataclass(frozen=True)
class PublicAddress:
    """`/<prefix>/<name>/…`, and hosts that match `host`, whose group `name` is the name.

    `answer` is given the name, the path below it as the client sent it (it begins with a slash), and WSGI's arguments.
    """

    prefix: str
    host: re.Pattern[str]
    answer: Answer

    def url(self, name: str) -> str:
        """The name's address on this machine, without a slash at its end."""
        return f"http://127.0.0.1:{endpoint_settings().port}{self.prefix}{name}"


def public_addresses(packages: Iterable[str]) -> list[PublicAddress]:
    """The `PUBLIC_ADDRESS` of every service package that has a module `public`."""
    modules = [f"local_aws.{package}.public" for package in packages]
    return [importlib.import_module(name).PUBLIC_ADDRESS for name in modules if importlib.util.find_spec(name)]


def serving_public_addresses(addresses: list[PublicAddress], application: "WSGIApplication") -> "WSGIApplication":
    """The application; requests to public addresses go to those."""

    def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = _sent_path(environ["RAW_URI"])
        host = environ.get("HTTP_HOST", "")
        for address in addresses:
            if path.startswith(address.prefix):
                name, _, rest = path[len(address.prefix) :].partition("/")
                return address.answer(name, f"/{rest}", environ, start_response)
            if found := address.host.match(host):
                return address.answer(found["name"], path, environ, start_response)
        return application(environ, start_response)

    return respond


def _sent_path(uri: str) -> str:
    """The path as it was sent, not decoded."""
    return uri.partition("?")[0] if uri.startswith("/") else urlsplit(uri).path or "/"
