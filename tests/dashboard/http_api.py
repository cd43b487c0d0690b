"""A handler behind a plain HTTP server, which gives it requests as an HTTP API does, beside the files of a site."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

CONTENT_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
API = "/api"


def event_of(path: str, query_string: str = "", client: str = "127.0.0.1") -> dict[str, Any]:
    """A GET request in payload format 2.0."""
    name = unquote(path.rpartition("/")[2])
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query_string,
        "pathParameters": {"name": name} if path.startswith("/queries/") else {},
        "requestContext": {"http": {"method": "GET", "path": path, "sourceIp": client}},
    }


@contextmanager
def served(handler: Callable[[dict, Any], dict], site: Path | None, config: dict[str, Any]) -> Iterator[str]:
    """The base URL of the site, whose API is below `api/`."""
    lock = threading.Lock()

    class Requests(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path.startswith(f"{API}/"):
                with lock:
                    answer = handler(event_of(url.path.removeprefix(API), url.query), None)
                self.answer(answer["statusCode"], answer["headers"], answer["body"].encode())
            elif url.path == "/config.json":
                self.answer(200, {"content-type": "application/json"}, json.dumps(config).encode())
            else:
                self.answer_file(site / (url.path.lstrip("/") or "index.html"))

        def answer_file(self, file: Path) -> None:
            if file.is_file():
                self.answer(200, {"content-type": CONTENT_TYPES.get(file.suffix, "text/plain")}, file.read_bytes())
            else:
                self.answer(404, {}, b"")

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
