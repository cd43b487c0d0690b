"""Multipart uploads: parts are files outside of the buckets until they are joined."""

import base64
import hashlib
import json
import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from moto.s3.exceptions import EntityTooSmall, InvalidPart, InvalidPartOrder, MalformedXML, NoSuchUpload

from local_aws.s3.attributes import Attributes
from local_aws.s3.bodies import StagedContent, staging_file
from local_aws.s3.catalog import catalog
from local_aws.s3.content import CHUNK_BYTES
from local_aws.s3.exceptions import MissingPartChecksumError
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
    def metadata(self) -> dict[str, str]:
        return self.attributes.metadata

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


def part_algorithms(upload: Upload) -> tuple[str, ...]:
    """The algorithms whose checksum of every part S3 keeps, and whose checksum of those is the object's.

    SHA-1 and SHA-256 are composite in uploads always; of CRCs the local endpoint keeps none.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    algorithm = upload.attributes.checksum_algorithm
    return (algorithm,) if algorithm in {"SHA1", "SHA256"} else ()


def create(bucket: str, key: str, attributes: Attributes) -> Upload:
    upload = Upload(secrets.token_urlsafe(32), bucket, key, datetime.now(UTC), attributes)
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
    return [_upload(row) for row in catalog().query("SELECT * FROM uploads WHERE bucket = ? ORDER BY key", bucket)]


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


def join(upload: Upload, chosen: list[ChosenPart]) -> tuple[StagedContent, Attributes]:
    """Content and attributes of the object that the chosen parts make, in that order."""
    selected = _selected(upload, chosen)
    staged = StagedContent(staging_file())
    try:
        with staged.path.open("wb") as target:
            for part in selected:
                with part.path.open("rb") as source:
                    shutil.copyfileobj(source, target, CHUNK_BYTES)
    except BaseException:
        staged.discard()
        raise
    staged.size = sum(part.size for part in selected)
    digests = b"".join(bytes.fromhex(part.etag) for part in selected)
    staged.etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(selected)}"
    checksums = {name: _composite(name, selected) for name in part_algorithms(upload)}
    return staged, replace(
        upload.attributes,
        etag=staged.etag,
        upload_id=upload.id,
        parts=len(selected),
        checksums=checksums,
        checksum_type="COMPOSITE" if checksums else None,
    )


def _composite(algorithm: str, selected: list[Part]) -> str:
    """The checksum of the parts' checksums."""
    digests = b"".join(base64.b64decode(part.checksums[algorithm]) for part in selected)
    return base64.b64encode(hashlib.new(algorithm.lower(), digests, usedforsecurity=False).digest()).decode()


def _selected(upload: Upload, chosen: list[ChosenPart]) -> list[Part]:
    if not chosen:
        raise MalformedXML
    if any(later.number <= earlier.number for earlier, later in pairwise(chosen)):
        raise InvalidPartOrder
    uploaded = {part.number: part for part in parts(upload)}
    selected = []
    for part in chosen:
        if part.number not in uploaded or uploaded[part.number].etag != part.etag.strip('"'):
            raise InvalidPart
        for algorithm in part_algorithms(upload):
            if algorithm not in part.checksums:
                raise MissingPartChecksumError(algorithm, part.number)
            if uploaded[part.number].checksums.get(algorithm) != part.checksums[algorithm]:
                raise InvalidPart
        selected.append(uploaded[part.number])
    if any(part.size < MIN_PART_BYTES for part in selected[:-1]):
        raise EntityTooSmall
    return selected


def discard(upload: Upload) -> None:
    """Forget an upload and its parts."""
    catalog().execute("DELETE FROM uploads WHERE upload_id = ?", upload.id)
    catalog().execute("DELETE FROM parts WHERE upload_id = ?", upload.id)
    shutil.rmtree(upload.directory, ignore_errors=True)


def discard_all(bucket: str) -> None:
    for upload in uploads(bucket):
        discard(upload)
