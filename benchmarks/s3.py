"""S3 of the endpoint beside moto's own server: requests per second and MB per second, by 1 and by 8 clients.

The clients are processes that write plain HTTP, with headers made before: an SDK, or threads of one process, would be
slower than the servers. Neither server verifies signatures. The endpoint keeps objects on disk, moto in memory.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.servers import endpoint, moto_server

CLIENTS = (1, 8)
BUCKET = "benchmark"
KB, MB = 1 << 10, 1 << 20
PART_BYTES = 8 * MB
PARTS = 8
LISTED_KEYS = 1000
HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request,"
    " SignedHeaders=host, Signature=0",
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
}


class Client:
    """One connection to a server."""

    def __init__(self, url: str, name: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        self.name = name

    def send(self, method: str, path: str, body: bytes = b"") -> tuple[dict[str, str], bytes]:
        self.connection.request(method, f"/{BUCKET}{path}", body, HEADERS)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {content[:500]!r}")
        return dict(answer.getheaders()), content

    def put_small(self, number: int) -> None:
        self.send("PUT", f"/small/{self.name}-{number}", bytes(KB))

    def get_small(self, number: int) -> None:
        self.send("GET", f"/small/{self.name}-{number}")

    def list_keys(self, _: int) -> None:
        self.send("GET", f"?list-type=2&prefix=listed/&max-keys={LISTED_KEYS}")

    def put_mb(self, number: int) -> None:
        self.send("PUT", f"/mb/{self.name}-{number}", bytes(MB))

    def get_mb(self, number: int) -> None:
        self.send("GET", f"/mb/{self.name}-{number}")

    def put_parts(self, number: int) -> None:
        """An object of 64 MB, in parts."""
        key = f"/parts/{self.name}-{number}"
        _, created = self.send("POST", f"{key}?uploads")
        upload = created.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
        parts = ""
        for part in range(1, PARTS + 1):
            headers, _ = self.send("PUT", f"{key}?partNumber={part}&uploadId={upload}", bytes(PART_BYTES))
            etag = next(value for name, value in headers.items() if name.lower() == "etag")
            parts += f"<Part><PartNumber>{part}</PartNumber><ETag>{etag}</ETag></Part>"
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        self.send("POST", f"{key}?uploadId={upload}", body.encode())

    def get_parts(self, number: int) -> None:
        self.send("GET", f"/parts/{self.name}-{number}")


@dataclass(frozen=True)
class Measure:
    """Requests of one kind: how many in all, and the bytes of each where MB per second tell more."""

    name: str
    send: Callable[[Client, int], None]
    requests: int
    size: int | None = None

    def rate(self, seconds: float) -> int:
        return round(self.requests * (self.size / MB if self.size else 1) / seconds)


def measures(scale: float) -> list[Measure]:
    def count(requests: int) -> int:
        return max(round(requests * scale) // max(CLIENTS), 1) * max(CLIENTS)

    return [
        Measure("put_1_kb_per_second", Client.put_small, count(2400)),
        Measure("get_1_kb_per_second", Client.get_small, count(2400)),
        Measure(f"list_{LISTED_KEYS}_keys_per_second", Client.list_keys, count(80)),
        Measure("put_1_mb_objects_mb_per_second", Client.put_mb, count(160), MB),
        Measure("get_1_mb_objects_mb_per_second", Client.get_mb, count(160), MB),
        Measure("put_64_mb_in_parts_mb_per_second", Client.put_parts, count(8), PARTS * PART_BYTES),
        Measure("get_64_mb_objects_mb_per_second", Client.get_parts, count(8), PARTS * PART_BYTES),
    ]


def main(scale: float = 1) -> list[dict[str, Any]]:
    """A row per server and number of clients."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="benchmark-s3-") as folder, endpoint(Path(folder)) as server:
        rows += [measured("endpoint", server.url, clients, scale) for clients in CLIENTS]
    with moto_server() as server:
        rows += [measured("moto's server", server.url, clients, scale) for clients in CLIENTS]
    return rows


def measured(name: str, url: str, clients: int, scale: float) -> dict[str, Any]:
    setup = Client(url, "setup")
    setup.send("PUT", "")
    for number in range(LISTED_KEYS):
        setup.send("PUT", f"/listed/{number:04}", b"x")
    rates = zip(measures(scale), seconds_of_each(url, clients, scale), strict=True)
    return {"server": name, "clients": clients} | {measure.name: measure.rate(seconds) for measure, seconds in rates}


def seconds_of_each(url: str, clients: int, scale: float) -> list[float]:
    """Of each measure the time from when the first of the clients begins to when the last one ends."""
    spawned = multiprocessing.get_context("spawn")
    barrier, times = spawned.Barrier(clients), spawned.SimpleQueue()
    processes = [
        spawned.Process(target=_run, args=(f"{clients}-{number}", url, clients, scale, barrier, times))
        for number in range(clients)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("A client failed")
    told = [times.get() for _ in processes]
    return [max(ended for _, ended in each) - min(began for began, _ in each) for each in zip(*told, strict=True)]


def _run(name: str, url: str, clients: int, scale: float, barrier: Any, times: Any) -> None:
    """One client: the measures one after the other, each begun by all at once. Where one fails, all end."""
    client = Client(url, name)
    told = []
    try:
        for measure in measures(scale):
            barrier.wait()
            began = time.monotonic()
            for number in range(measure.requests // clients):
                measure.send(client, number)
            told.append((began, time.monotonic()))
    except BaseException:
        barrier.abort()
        raise
    times.put(told)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="of the number of requests")
    for result in main(parser.parse_args().scale):
        print(json.dumps(result))
