"""Receives the content of an object from a request: streamed to a staged file, decoded, with its checksums verified."""

import base64
import binascii
import hashlib
import io
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.core.request import Request
from werkzeug.exceptions import ClientDisconnected

from local_aws.s3.checksums import HEADER_PREFIX, SIZES, checked, encoded, known_algorithm, new_digest
from local_aws.s3.content import CHUNK_BYTES
from local_aws.s3.exceptions import BadDigestError, IncompleteBodyError, S3Error
from local_aws.settings import endpoint_settings

# Of one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MAX_PUT_BYTES = 5 << 30
# What S3 computes where a request names no algorithm.
DEFAULT_ALGORITHM = "CRC64NVME"
OTHER_CHECKSUM_HEADERS = {"algorithm", "type", "mode"}
MD5_BYTES = 16
SHA256_HEX = re.compile(r"[0-9a-f]{64}")


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
    """A new empty file that engines, too, may read once it is in its place."""
    path = content_directory() / secrets.token_hex(16)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    # Whatever the umask is: engines may run as other users.
    os.fchmod(descriptor, 0o644)
    os.close(descriptor)
    return path


class Digests:
    """The MD5, the named checksums and the hex SHA-256 of content that comes in chunks."""

    def __init__(self, algorithms: Iterable[str] = (), *, wants_sha256: bool = False) -> None:
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.sha256 = hashlib.sha256() if wants_sha256 else None
        self.checksums = {algorithm: new_digest(algorithm) for algorithm in algorithms}
        self.updates = [digest.update for digest in (self.md5, self.sha256, *self.checksums.values()) if digest]

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            for update in self.updates:
                update(chunk)
            yield chunk

    def encoded_checksums(self) -> dict[str, str]:
        return {algorithm: encoded(digest.digest()) for algorithm, digest in self.checksums.items()}


def stage(chunks: Iterable[bytes], algorithms: Iterable[str] = (), digests: Digests | None = None) -> StagedContent:
    """Write chunks to a staged file, computing the MD5 and the named checksums on the way."""
    digests = digests or Digests(algorithms)
    staged = StagedContent(staging_file())
    try:
        with staged.path.open("wb", buffering=0) as file:
            for chunk in digests.passing(chunks):
                file.write(chunk)
                staged.size += len(chunk)
    except BaseException:
        staged.discard()
        raise
    staged.etag = digests.md5.hexdigest()
    staged.checksums = digests.encoded_checksums()
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


class RequestBody:
    """The body of a request without its transfer coding, and what the request says of it."""

    def __init__(self, request: Request, *, has_checksum: bool = True) -> None:
        """Without has_checksum the checksum headers are about something else than the body."""
        self.headers = request.headers
        self.reader = io.BufferedReader(_RawBody(request.stream), CHUNK_BYTES)
        self.trailer: dict[str, str] = {}
        self.declared = _declared_algorithm(request) if has_checksum else None

    @property
    def is_chunked(self) -> bool:
        """Whether the body has AWS's own chunks in it, with signatures or a trailer of checksums."""
        return self.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")

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

    def stage(self, algorithms: Iterable[str]) -> StagedContent:
        """The body as a staged file, with the checksums of these algorithms and of the one that the request names."""
        digests = self._begin(MAX_PUT_BYTES, algorithms)
        staged = stage(self.chunks(), digests=digests)
        try:
            self._verify(digests, staged.size)
        except BaseException:
            staged.discard()
            raise
        return staged

    def read(self, limit: int) -> bytes:
        """The body of at most `limit` bytes."""
        digests = self._begin(limit, [])
        content = b"".join(digests.passing(self.chunks()))
        self._verify(digests, len(content))
        return content

    def _begin(self, limit: int, algorithms: Iterable[str]) -> Digests:
        """Check what the request says before its body comes."""
        size = int(self.headers.get("x-amz-decoded-content-length") or self.headers.get("Content-Length") or 0)
        if size > limit:
            raise S3Error(
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
                ProposedSize=size,
                MaxSizeAllowed=limit,
            )
        _check_md5(self.headers.get("Content-MD5"))
        wanted = dict.fromkeys([*([self.declared] if self.declared else []), *algorithms])
        signed = self.headers.get("x-amz-content-sha256", "")
        return Digests(wanted, wants_sha256=bool(SHA256_HEX.fullmatch(signed)))

    def _verify(self, digests: Digests, size: int) -> None:
        """Compare what came with what the request says of it: its size, its MD5, its signed hash, its checksum."""
        declared_size = self.headers.get("x-amz-decoded-content-length")
        if declared_size and int(declared_size) != size:
            raise IncompleteBodyError
        expected, calculated = self.headers.get("Content-MD5"), encoded(digests.md5.digest())
        if expected and expected != calculated:
            raise BadDigestError.of_md5(expected, calculated)
        signed = self.headers.get("x-amz-content-sha256")
        if digests.sha256 and digests.sha256.hexdigest() != signed:
            raise S3Error(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=signed,
                S3ComputedContentSHA256=digests.sha256.hexdigest(),
            )
        if self.declared:
            name = HEADER_PREFIX + self.declared.lower()
            value = self.headers.get(name) or self.trailer.get(name)
            if value is None:
                raise S3Error("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
            if checked(self.declared, value) != encoded(digests.checksums[self.declared].digest()):
                raise BadDigestError(self.declared)


def _declared_algorithm(request: Request) -> str | None:
    """The algorithm of the one checksum that the request's headers or its trailer name."""
    headers = request.headers
    declared = {
        name.lower().removeprefix(HEADER_PREFIX): value
        for name, value in headers.items()
        if name.lower().startswith(HEADER_PREFIX)
    }
    for other in OTHER_CHECKSUM_HEADERS:
        declared.pop(other, None)
    trailers = [name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",") if name.strip()]
    if any(name.removeprefix(HEADER_PREFIX).upper() not in SIZES for name in trailers):
        raise S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
    names = [*declared, *(name.removeprefix(HEADER_PREFIX) for name in trailers)]
    if len(names) > 1:
        raise S3Error(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    sdk_algorithm = headers.get("x-amz-sdk-checksum-algorithm")
    if sdk_algorithm and not names:
        raise S3Error(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers"
            " were found.",
        )
    if not names:
        return None
    algorithm = known_algorithm(names[0])
    if sdk_algorithm and sdk_algorithm.upper() != algorithm:
        raise S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if names[0] in declared:
        checked(algorithm, declared[names[0]])
    return algorithm


def _check_md5(header: str | None) -> None:
    """Raises InvalidDigest for a header that is no MD5."""
    if header is None:
        return
    try:
        size = len(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != MD5_BYTES:
        raise S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")


def receive(request: Request, algorithms: Iterable[str] = ()) -> StagedContent:
    """Stage the content of an object or a part; one without a checksum gets the default's."""
    body = RequestBody(request)
    return body.stage(algorithms or ([] if body.declared else [DEFAULT_ALGORITHM]))


def read_document(request: Request, limit: int, *, has_checksum: bool = True) -> tuple[bytes, bool]:
    """The body of a request that carries XML or JSON, verified, and whether it said its checksum."""
    body = RequestBody(request, has_checksum=has_checksum)
    return body.read(limit), bool(body.declared or request.headers.get("Content-MD5"))
