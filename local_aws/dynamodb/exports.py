"""Exports of tables to S3 as AWS writes them (developer guide, DynamoDB table export output format).

Below `<prefix>/AWSDynamoDB/<export id>/`: data files of `{"Item": …}` lines in gzip, two manifests with their MD5s, and
`_started`, which AWS writes to see that it may. The guide calls the files of the MD5s `.checksum`; exports have them as
`.md5`, of 24 bytes.
"""

import base64
import gzip
import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from moto.s3.models import s3_backends

from local_aws import storage
from local_aws.s3 import announce_objects

if TYPE_CHECKING:
    from local_aws.dynamodb.models import LocalDynamoDbBackend
    from local_aws.dynamodb.tables import Table

ITEMS_PER_FILE = 100_000
MANIFEST_VERSION = "2020-06-30"


@dataclass
class Export:
    """Times are in seconds since 1970."""

    arn: str
    table_arn: str
    table_id: str
    export_time: float
    bucket: str
    prefix: str
    client_token: str
    started_at: float
    status: str = "IN_PROGRESS"
    ended_at: float | None = None
    billed_bytes: int = 0
    item_count: int = 0
    failure: str | None = None

    @property
    def folder(self) -> str:
        prefix = f"{self.prefix.rstrip('/')}/" if self.prefix else ""
        return f"{prefix}AWSDynamoDB/{self.arn.rpartition('/')[2]}"

    @property
    def manifest(self) -> str:
        return f"{self.folder}/manifest-summary.json"

    def description(self) -> dict[str, Any]:
        """The ExportDescription of the API."""
        described = {
            "ExportArn": self.arn,
            "ExportStatus": self.status,
            "StartTime": self.started_at,
            "EndTime": self.ended_at,
            "ExportManifest": self.manifest,
            "TableArn": self.table_arn,
            "TableId": self.table_id,
            "ExportTime": self.export_time,
            "ClientToken": self.client_token,
            "S3Bucket": self.bucket,
            "S3Prefix": self.prefix or None,
            "ExportFormat": "DYNAMODB_JSON",
            "ExportType": "FULL_EXPORT",
            "BilledSizeBytes": self.billed_bytes if self.ended_at else None,
            "ItemCount": self.item_count if self.ended_at else None,
            "FailureCode": "ExportFailed" if self.failure else None,
            "FailureMessage": self.failure,
        }
        return {name: value for name, value in described.items() if value is not None}

    def save(self, connection: sqlite3.Connection) -> None:
        row = (self.arn, self.table_arn, json.dumps(asdict(self)))
        connection.execute("INSERT OR REPLACE INTO exports VALUES (?, ?, ?)", row)


def exports_of(connection: sqlite3.Connection, table_arn: str | None = None) -> list[Export]:
    """The exports of a table, or of all, in the order of their ARNs."""
    query = "SELECT description FROM exports WHERE ?1 IS NULL OR table_arn = ?1 ORDER BY arn"
    return [Export(**json.loads(text)) for (text,) in connection.execute(query, (table_arn,))]


def fail_interrupted(connection: sqlite3.Connection) -> None:
    """What an endpoint that was killed had under way has failed."""
    for export in exports_of(connection):
        if export.status == "IN_PROGRESS":
            export.status, export.ended_at = "FAILED", time.time()
            export.failure = "The local endpoint was restarted during the export: start it again"
            export.save(connection)


def new_export_id() -> str:
    """As AWS's: milliseconds, and letters that tell apart."""
    return f"{int(time.time() * 1000):014d}-{secrets.token_hex(4)}"


def run(backend: "LocalDynamoDbBackend", table: "Table", export: Export) -> None:
    """Write the export's files; how it ended is kept."""
    try:
        if export.bucket in s3_backends.bucket_accounts:
            _write_files(backend, table, export)
            export.status = "COMPLETED"
        else:
            export.status, export.failure = "FAILED", f"The specified bucket does not exist: {export.bucket}"
    except Exception as error:
        export.status, export.failure = "FAILED", f"{type(error).__name__}: {error}"
    export.ended_at = time.time()
    backend.store.database.change(export.save)


def _write_files(backend: "LocalDynamoDbBackend", table: "Table", export: Export) -> None:
    keys = [f"{export.folder}/_started"]
    _write(export, keys[0], b"")
    entries = []
    connection = backend.store.database.reader()
    # All files are of one moment.
    connection.execute("BEGIN")
    try:
        items = (stored.text for _, stored in backend.store.items(connection, table))
        while lines := list(islice(_lines(items), ITEMS_PER_FILE)):
            key = f"{export.folder}/data/{secrets.token_hex(13)}.json.gz"
            content = gzip.compress("".join(lines).encode(), compresslevel=6, mtime=0)
            entries.append({"itemCount": len(lines), **_write(export, key, content), "dataFileS3Key": key})
            keys.append(key)
            export.item_count += len(lines)
            export.billed_bytes += sum(map(len, lines))
    finally:
        connection.execute("COMMIT")
    keys += _write_manifests(export, entries)
    announce_objects(export.bucket, keys)


def _lines(texts: Iterator[str]) -> Iterator[str]:
    return (f'{{"Item":{text}}}\n' for text in texts)


def _write_manifests(export: Export, entries: list[dict[str, Any]]) -> list[str]:
    files_key = f"{export.folder}/manifest-files.json"
    summary = {
        "version": MANIFEST_VERSION,
        "exportArn": export.arn,
        "startTime": _iso(export.started_at),
        "endTime": _iso(time.time()),
        "tableArn": export.table_arn,
        "tableId": export.table_id,
        "exportTime": _iso(export.export_time),
        "s3Bucket": export.bucket,
        "s3Prefix": export.prefix or None,
        "s3SseAlgorithm": "AES256",
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": files_key,
        "billedSizeBytes": export.billed_bytes,
        "itemCount": export.item_count,
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    listed = "".join(json.dumps(entry) + "\n" for entry in entries)
    written = []
    for key, text in ((files_key, listed), (export.manifest, json.dumps(summary))):
        md5 = _write(export, key, text.encode())["md5Checksum"]
        sum_key = key.replace(".json", ".md5")
        _write(export, sum_key, md5.encode())
        written += [key, sum_key]
    return written


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write(export: Export, key: str, content: bytes) -> dict[str, str]:
    """Write an object; its checksum and its ETag as the manifest has them."""
    with storage.atomic_file(storage.object_path(export.bucket, key)) as path:
        path.write_bytes(content)
    digest = hashlib.md5(content, usedforsecurity=False)
    return {"md5Checksum": base64.b64encode(digest.digest()).decode(), "etag": digest.hexdigest()}
