"""PyIceberg's file access over the buckets: reads are plain files, writes and deletes go through the S3 backend."""

import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from local_aws.access import AccessDeniedError
from local_aws.access.objects import authorize_object
from local_aws.s3.bodies import StagedContent, staging_file
from local_aws.storage import local_path, split_s3_url

if TYPE_CHECKING:
    from local_aws.s3.models import LocalS3Backend


class BucketFile(InputFile, OutputFile):
    """An object by its `s3://bucket/key` URL. Raises ValueError for a URL that names no place in a bucket."""

    @property
    def path(self) -> Path:
        return local_path(self.location)

    def __len__(self) -> int:
        return self.path.stat().st_size

    def exists(self) -> bool:
        return self.path.is_file()

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002  PyIceberg's signature
        authorize_object("s3:GetObject", self.location)
        return self.path.open("rb")

    def create(self, overwrite: bool = False) -> OutputStream:
        if self.path.exists() and not overwrite:
            raise FileExistsError(f"{self.location} exists already")
        _s3_backend(self.location)
        authorize_object("s3:PutObject", self.location)
        return StagedObject(self.location)

    def to_input_file(self) -> InputFile:
        return self


class StagedObject:
    """Content on its way into a bucket: an object once it is closed, nothing when the block around it failed."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.staged_path = staging_file()
        self.file: BinaryIO = self.staged_path.open("wb")

    def __getattr__(self, name: str) -> Any:
        """Everything else that writers ask of a file (`write`, `tell`, `flush`, `closed`) is the staged file's."""
        return getattr(self.file, name)

    def close(self) -> None:
        if self.file.closed:
            return
        size = self.file.tell()
        self.file.close()
        bucket, key = split_s3_url(self.location)
        try:
            # Without a digest of the content, the ETag is one of the file's identity, as of all that engines write.
            _s3_backend(self.location).put_object(bucket, key, StagedContent(self.staged_path, size))
        finally:
            self.staged_path.unlink(missing_ok=True)

    def discard(self) -> None:
        self.file.close()
        self.staged_path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


class BucketFileIO(FileIO):
    def new_input(self, location: str) -> BucketFile:
        return BucketFile(location)

    def new_output(self, location: str) -> BucketFile:
        return BucketFile(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        url = location if isinstance(location, str) else location.location
        try:
            authorize_object("s3:DeleteObject", url)
        except AccessDeniedError as error:
            # What PyIceberg cannot remove it leaves and notes.
            raise PermissionError(error.message) from error
        if not os.path.lexists(local_path(url)):
            raise FileNotFoundError(f"{url} does not exist")
        _s3_backend(url).delete_object(*split_s3_url(url))


def _s3_backend(location: str) -> "LocalS3Backend":
    """The backend that holds the URL's bucket. Raises FileNotFoundError for a bucket that does not exist."""
    from moto.s3.models import s3_backends

    bucket, _ = split_s3_url(location)
    if bucket not in s3_backends.bucket_accounts:
        raise FileNotFoundError(f"The bucket of {location} does not exist")
    partition, account_id = s3_backends.bucket_accounts[bucket]
    return s3_backends[account_id][partition]
