"""Receives the content of an object from a request: streamed to a staged file, decoded, with its checksums verified."""

import base64
import hashlib
import io
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from moto.core.request import Request
from werkzeug.exceptions import ClientDisconnected

from local_aws.s3.content import CHUNK_BYTES
from local_aws.s3.exceptions import BadDigestError, IncompleteBodyError, NotSupportedError
from local_aws.settings import endpoint_settings

CHECKSUM_PREFIX = "x-amz-checksum-"


class Digest(Protocol):
    def update(self, chunk: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc32:
    def __init__(self) -> None:
        self.value = 0

    def update(self, chunk: bytes) -> None:
        self.value = zlib.crc32(chunk, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(4, "big")


def new_digest(algorithm: str) -> Digest | None:
    """The digest of an S3 checksum algorithm; None for CRC32C and CRC64NVME, which Python does not have."""
    if algorithm == "CRC32":
        return Crc32()
    if algorithm in {"SHA1", "SHA256"}:
        return hashlib.new(algorithm.lower(), usedforsecurity=False)
    return None


@dataclass
class StagedContent:
    """Content in a file of its own, outside of the buckets, to be moved into its place or discarded."""

    path: Path
    size: int = 0
    etag: str = ""
    checksums: dict[str, str] = field(default_factory=dict)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


def content_directory() -> Path:
    return endpoint_settings().staging_directory / "content"


def clear_staging() -> None:
    """Remove what the requests of an earlier process left behind."""
    shutil.rmtree(content_directory(), ignore_errors=True)


def staging_file() -> Path:
    directory = content_directory()
    directory.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=directory)
    # What mkstemp keeps private, engines that run as other users have to read.
    os.fchmod(descriptor, 0o644)
    os.close(descriptor)
    return Path(name)


def stage(chunks: Iterator[bytes], algorithms: tuple[str, ...] = ()) -> StagedContent:
    """Write chunks to a staged file, computing the MD5 and the named checksums on the way."""
    staged = StagedContent(staging_file())
    md5 = hashlib.md5(usedforsecurity=False)
    digests = {algorithm: digest for algorithm in algorithms if (digest := new_digest(algorithm))}
    try:
        with staged.path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                staged.size += len(chunk)
                for digest in (md5, *digests.values()):
                    digest.update(chunk)
    except BaseException:
        staged.discard()
        raise
    staged.etag = md5.hexdigest()
    staged.checksums = {name: base64.b64encode(digest.digest()).decode() for name, digest in digests.items()}
    return staged


class _RawBody(io.RawIOBase):
    """The request's stream with the one method that buffering needs."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self.stream.read(len(buffer))
        except ClientDisconnected as error:
            raise IncompleteBodyError from error
        buffer[: len(data)] = data
        return len(data)


def checksums_of(path: Path, algorithms: Iterable[str]) -> dict[str, str]:
    """Checksums of a file as S3 writes them, in base64, by algorithm."""
    found = {}
    for algorithm in algorithms:
        digest = new_digest(algorithm)
        if digest is None:
            raise NotSupportedError(f"the checksum algorithm {algorithm} in copies")
        with path.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
        found[algorithm] = base64.b64encode(digest.digest()).decode()
    return found


class RequestBody:
    """The body of a request without its transfer coding. The trailer's checksums are known once it has been read."""

    def __init__(self, request: Request) -> None:
        self.headers = request.headers
        self.reader = io.BufferedReader(_RawBody(request.stream), CHUNK_BYTES)
        self.trailer: dict[str, str] = {}

    @property
    def is_chunked(self) -> bool:
        """Whether the body has AWS's own chunks in it, with signatures or a trailer of checksums."""
        return self.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")

    @property
    def algorithms(self) -> tuple[str, ...]:
        names = [name for name, _ in self.headers.items() if name.lower().startswith(CHECKSUM_PREFIX)]
        names += self.headers.get("x-amz-trailer", "").split(",")
        found = {name.strip().lower().removeprefix(CHECKSUM_PREFIX).upper() for name in names}
        found.add(self.headers.get("x-amz-sdk-checksum-algorithm", "").upper())
        return tuple(sorted(found - {"", "ALGORITHM", "TYPE", "MODE"}))

    @property
    def declared_checksums(self) -> dict[str, str]:
        sent = {name.lower(): value for name, value in self.headers.items()} | self.trailer
        return {
            algorithm: sent[CHECKSUM_PREFIX + algorithm.lower()]
            for algorithm in self.algorithms
            if CHECKSUM_PREFIX + algorithm.lower() in sent
        }

    def chunks(self) -> Iterator[bytes]:
        return self._decoded() if self.is_chunked else iter(lambda: self.reader.read(CHUNK_BYTES), b"")

    def _decoded(self) -> Iterator[bytes]:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html#sigv4-chunked-body-definition"""
        while remaining := self._chunk_size():
            while remaining:
                chunk = self.reader.read(min(remaining, CHUNK_BYTES))
                if not chunk:
                    raise IncompleteBodyError
                remaining -= len(chunk)
                yield chunk
            self.reader.readline()
        while line := self.reader.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            self.trailer[name.strip().lower()] = value.strip()

    def _chunk_size(self) -> int:
        try:
            return int(self.reader.readline().split(b";")[0], 16)
        except ValueError as error:
            raise IncompleteBodyError from error

    def verify(self, staged: StagedContent) -> None:
        """Compare what was received with what the request says of it."""
        content_md5 = self.headers.get("Content-MD5")
        if content_md5 and base64.b64decode(content_md5).hex() != staged.etag:
            raise BadDigestError("Content-MD5")
        for algorithm, value in self.declared_checksums.items():
            if staged.checksums.setdefault(algorithm, value) != value:
                raise BadDigestError(algorithm)
        declared_size = self.headers.get("x-amz-decoded-content-length")
        if declared_size and int(declared_size) != staged.size:
            raise IncompleteBodyError


def receive(request: Request) -> StagedContent:
    """Stage the body of a request."""
    body = RequestBody(request)
    staged = stage(body.chunks(), body.algorithms)
    try:
        body.verify(staged)
    except BaseException:
        staged.discard()
        raise
    return staged
