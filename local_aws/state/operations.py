"""Which AWS operation a request asks for, and whether it can change anything."""

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

READING_VERBS = re.compile(
    r"(Describe|Get|List|BatchGet|Head|Lookup|Search|Query|Scan|Select|Filter|Validate|Estimate|Preview|Test)(?![a-z])"
)


def operation(environ: "WSGIEnvironment") -> str | None:
    """Name of the operation in the JSON and query protocols; None in the REST protocols.

    A form is read to its end and put back.
    """
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rpartition(".")[2]
    fields = parse_qs(environ.get("QUERY_STRING", ""))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        fields |= parse_qs(body.decode("utf-8", errors="replace"))
    return fields.get("Action", [None])[0]


def is_reading_method(environ: "WSGIEnvironment") -> bool:
    """Whether the method of HTTP says that nothing changes; a form's operation may come in the query string."""
    return environ["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"} and "Action=" not in environ.get("QUERY_STRING", "")


def is_changing_by_name(environ: "WSGIEnvironment") -> bool:
    """Whether the request may change anything, as far as its method and the verb of its operation tell."""
    if is_reading_method(environ):
        return False
    name = operation(environ)
    return name is None or not READING_VERBS.match(name)


def changing_operations(*names: str) -> Callable[["WSGIEnvironment"], bool]:
    """The test of a service that names its changing operations; of a REST protocol the method of HTTP tells."""
    changing = frozenset(names)

    def is_changing(environ: "WSGIEnvironment") -> bool:
        if is_reading_method(environ):
            return False
        name = operation(environ)
        return name is None or name in changing

    return is_changing
