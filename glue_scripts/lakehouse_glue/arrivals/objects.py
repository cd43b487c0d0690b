"""Reading the lake's objects in parts and writing them whole, in the driver and in Spark's Python workers alike."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import boto3
from botocore.exceptions import ClientError

from lakehouse_contract.s3_errors import GONE, error_code, is_refusal
from lakehouse_glue.errors import OutageError

PART_BYTES = 16 * 1024 * 1024


class GoneError(OutageError):
    """There is no such object; the message is its key."""


class RefusedError(Exception):
    """S3 refuses to let this object be read; the message says why."""


@dataclass(frozen=True)
class Objects:
    """The objects below a root URL, `s3://bucket` or `file:///folder`. It travels to the workers as its URL."""

    root: str

    def read_range(self, key: str, start: int, size: int) -> bytes:
        """At most `size` bytes, fewer at the end of the object.

        Raises GoneError, and RefusedError where S3 refuses this object, not the reader of all of them.
        """
        if self._folder is not None:
            return self._read_local(key, start, size)
        try:
            byte_range = f"bytes={start}-{start + size - 1}"
            return _s3().get_object(Bucket=self._bucket, Key=key, Range=byte_range)["Body"].read()
        except ClientError as error:
            if error_code(error) == "InvalidRange":
                return b""
            if error_code(error) in GONE:
                raise GoneError(key) from None
            if is_refusal(error):
                raise RefusedError(f"{error_code(error)}: {error.response['Error'].get('Message', '')}") from None
            raise

    def _read_local(self, key: str, start: int, size: int) -> bytes:
        try:
            with (self._folder / key).open("rb") as file:
                file.seek(start)
                return file.read(size)
        except FileNotFoundError:
            raise GoneError(key) from None
        except PermissionError as error:
            raise RefusedError(str(error)) from None

    def read_parts(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, or to the object's end, in parts of bounded size."""
        while start < end:
            part = self.read_range(key, start, min(PART_BYTES, end - start))
            if not part:
                return
            yield part
            start += len(part)

    def download(self, key: str, path: Path) -> None:
        """Copy an object into a local file."""
        if self._folder is not None:
            shutil.copyfile(self._folder / key, path)
        else:
            _s3().download_file(self._bucket, key, str(path))

    def upload(self, path: Path, key: str) -> None:
        """Copy a local file into an object, which readers see whole or not at all; a large one goes in parts."""
        if self._folder is None:
            _s3().upload_file(str(path), self._bucket, key)
            return
        target = self._folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{uuid4().hex}")
        shutil.copyfile(path, unfinished)
        unfinished.replace(target)

    def key(self, url: str) -> str:
        """The key of what has a URL below the root, without a slash at its end."""
        if self._folder is not None:
            return Path(unquote(urlsplit(url).path)).relative_to(self._folder).as_posix()
        return url.removeprefix(f"{self.root}/").rstrip("/")

    def keys(self, prefix: str) -> list[str]:
        """Keys below a prefix that ends in a slash, in order."""
        if self._folder is not None:
            paths = (path for path in (self._folder / prefix).rglob("*") if path.is_file())
            return sorted(path.relative_to(self._folder).as_posix() for path in paths)
        pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    @property
    def _bucket(self) -> str:
        return urlsplit(self.root).netloc

    @property
    def _folder(self) -> Path | None:
        url = urlsplit(self.root)
        return Path(unquote(url.path)) if url.scheme == "file" else None


@cache
def _s3() -> Any:
    """One client per process."""
    return boto3.client("s3")
