"""Multipart uploads: parts are files outside of the buckets until they are joined."""

import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from moto.s3.exceptions import InvalidPartOrder, MalformedXML, NoSuchUpload

from local_aws.s3.attributes import Attributes
from local_aws.s3.bodies import DEFAULT_ALGORITHM, StagedContent, staging_file
from local_aws.s3.catalog import catalog
from local_aws.s3.checksums import COMPOSITE, FULL_OBJECT, composite, joined
from local_aws.s3.content import append
from local_aws.s3.exceptions import (
    BadDigestError,
    EntityTooSmallError,
    InvalidPartError,
    MissingPartChecksumError,
    S3Error,
)
from local_aws.settings import endpoint_settings

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART_BYTES = 5 << 20


@dataclass(frozen=True)
class Upload:
    id: str
    bucket: str
    key_name: str
    initiated_at: datetime
    attributes: Attributes

    @property
    def directory(self) -> Path:
        return endpoint_settings().staging_directory / "parts" / self.id


@dataclass(frozen=True)
class Part:
    number: int
    etag: str
    size: int
    modified_at: datetime
    checksums: dict[str, str]
    path: Path


@dataclass(frozen=True)
class ChosenPart:
    """What the request that completes an upload says of a part."""

    number: int
    etag: str
    checksums: dict[str, str]


def checksum_of(upload: Upload) -> tuple[str, str]:
    """The algorithm and the type of the checksum that the object will have.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    attributes = upload.attributes
    return attributes.checksum_algorithm or DEFAULT_ALGORITHM, attributes.checksum_type or FULL_OBJECT


def check_part_algorithm(upload: Upload, declared: str | None) -> None:
    """A part's checksum is by the upload's algorithm; a part without one fits a full-object checksum only.

    The sentence is in issue 34 of apache/arrow-rs-object-store, the rule on parts without in 1342 of versity/versitygw.
    """
    expected = upload.attributes.checksum_algorithm
    if expected and declared != expected and (declared or upload.attributes.checksum_type == COMPOSITE):
        actual = declared.lower() if declared else "null"
        raise S3Error(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {expected.lower()}, actual checksum Type: "
            f"{actual}",
        )


def create(bucket: str, key: str, attributes: Attributes) -> Upload:
    upload = Upload(f"{time.time_ns():016x}{secrets.token_urlsafe(32)}", bucket, key, datetime.now(UTC), attributes)
    catalog().execute(
        "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)",
        *(upload.id, bucket, key, upload.initiated_at.isoformat(), attributes.to_json()),
    )
    return upload


def find(bucket: str, upload_id: str) -> Upload:
    rows = catalog().query("SELECT * FROM uploads WHERE upload_id = ? AND bucket = ?", upload_id, bucket)
    if not rows:
        raise NoSuchUpload(upload_id)
    return _upload(rows[0])


def uploads(bucket: str) -> list[Upload]:
    """By key, and those of one key as they were begun: their ids begin with the time."""
    query = "SELECT * FROM uploads WHERE bucket = ? ORDER BY key, upload_id"
    return [_upload(row) for row in catalog().query(query, bucket)]


def _upload(row: dict) -> Upload:
    initiated_at = datetime.fromisoformat(row["initiated_at"])
    return Upload(row["upload_id"], row["bucket"], row["key"], initiated_at, Attributes.from_json(row["attributes"]))


def put_part(upload: Upload, number: int, staged: StagedContent) -> Part:
    """Keep a part; one of the same number is replaced."""
    upload.directory.mkdir(parents=True, exist_ok=True)
    part = Part(
        number,
        staged.etag,
        staged.size,
        datetime.now(UTC),
        staged.checksums,
        upload.directory / f"{number}-{secrets.token_hex(8)}",
    )
    replaced = [earlier.path for earlier in parts(upload) if earlier.number == number]
    staged.path.replace(part.path)
    catalog().execute(
        "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(upload.id, number, part.etag, part.size, part.modified_at.isoformat()),
        *(json.dumps(part.checksums), part.path.name),
    )
    for path in replaced:
        path.unlink(missing_ok=True)
    return part


def parts(upload: Upload) -> list[Part]:
    rows = catalog().query("SELECT * FROM parts WHERE upload_id = ? ORDER BY part_number", upload.id)
    return [
        Part(
            row["part_number"],
            row["etag"],
            row["size"],
            datetime.fromisoformat(row["modified_at"]),
            json.loads(row["checksums"]),
            upload.directory / row["file_name"],
        )
        for row in rows
    ]


def join(
    upload: Upload, chosen: list[ChosenPart], expected_checksums: Mapping[str, str]
) -> tuple[StagedContent, Attributes]:
    """Content and attributes of the object that the chosen parts make, in that order.

    Raises BadDigestError where the object's checksum is not the expected one of its algorithm.
    """
    selected = _selected(upload, chosen)
    checksums = _object_checksums(upload, selected)
    for algorithm, expected in expected_checksums.items():
        if expected.partition("-")[0] != checksums.get(algorithm):
            raise BadDigestError(algorithm.lower())
    staged = StagedContent(staging_file())
    try:
        with staged.path.open("wb", buffering=0) as target:
            for part in selected:
                append(part.path, target)
    except BaseException:
        staged.discard()
        raise
    staged.size = sum(part.size for part in selected)
    digests = b"".join(bytes.fromhex(part.etag) for part in selected)
    staged.etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(selected)}"
    algorithm, checksum_type = checksum_of(upload)
    return staged, replace(
        upload.attributes,
        etag=staged.etag,
        upload_id=upload.id,
        parts=len(selected),
        completed_parts=[(part.number, part.size, _kept_checksum(upload, part)) for part in selected],
        checksums=checksums,
        checksum_type=checksum_type,
        checksum_algorithm=algorithm,
    )


def _kept_checksum(upload: Upload, part: Part) -> dict[str, str]:
    """What S3 tells of a part: the checksum of the algorithm that the upload named."""
    algorithm = upload.attributes.checksum_algorithm
    return {algorithm: part.checksums[algorithm]} if algorithm else {}


def _object_checksums(upload: Upload, selected: list[Part]) -> dict[str, str]:
    algorithm, checksum_type = checksum_of(upload)
    if checksum_type == COMPOSITE:
        return {algorithm: composite(algorithm, (part.checksums[algorithm] for part in selected))}
    return {algorithm: joined(algorithm, ((part.checksums[algorithm], part.size) for part in selected))}


def _selected(upload: Upload, chosen: list[ChosenPart]) -> list[Part]:
    if not chosen:
        raise MalformedXML
    if any(later.number <= earlier.number for earlier, later in pairwise(chosen)):
        raise InvalidPartOrder
    uploaded = {part.number: part for part in parts(upload)}
    selected = [_found(upload, part, uploaded.get(part.number)) for part in chosen]
    for part in selected[:-1]:
        if part.size < MIN_PART_BYTES:
            raise EntityTooSmallError(part.number, part.etag, part.size, MIN_PART_BYTES)
    return selected


def _found(upload: Upload, chosen: ChosenPart, part: Part | None) -> Part:
    """The part that was uploaded, if it is the one that the request means."""
    if part is None or part.etag != chosen.etag.strip('"'):
        raise InvalidPartError(upload.id, chosen.number, chosen.etag)
    algorithm = upload.attributes.checksum_algorithm
    if algorithm and upload.attributes.checksum_type == COMPOSITE and algorithm not in chosen.checksums:
        raise MissingPartChecksumError(algorithm, chosen.number)
    if any(part.checksums.get(name, value) != value for name, value in chosen.checksums.items()):
        raise InvalidPartError(upload.id, chosen.number, chosen.etag)
    return part


def discard(upload: Upload) -> None:
    """Forget an upload and its parts."""
    catalog().execute("DELETE FROM uploads WHERE upload_id = ?", upload.id)
    catalog().execute("DELETE FROM parts WHERE upload_id = ?", upload.id)
    shutil.rmtree(upload.directory, ignore_errors=True)


def discard_all(bucket: str) -> None:
    for upload in uploads(bucket):
        discard(upload)
