"""The CSV files on their way: from the landing prefix into a claim, and from there to where they stay."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lakehouse_aws.hooks.lake import PARALLEL_REQUESTS, LakeHook
from lakehouse_aws.stock_keys import (
    CLAIM_FILE,
    CLAIMED_PREFIX,
    FILE_SUFFIXES,
    LANDING_PREFIX,
    PROCESSED_PREFIX,
    QUARANTINE_PREFIX,
    StockFile,
    claim_id,
    claim_prefix,
    tail,
)

REPLACED = {"PreconditionFailed", "NoSuchKey", "404", "412", "ConditionalRequestConflict"}
QUARANTINED = "quarantined"

Item = TypeVar("Item")
Result = TypeVar("Result")


class StockFilesHook(LakeHook):
    """Moves whole files only: a file is copied, and removed where it was if it is still the one that was copied."""

    def landed_files(self, bucket: str) -> list[StockFile]:
        items = self.iter_file_metadata(LANDING_PREFIX, bucket)
        return [StockFile.landed(item) for item in items if item["Key"].endswith(FILE_SUFFIXES)]

    def claim(self, bucket: str, run_id: str, settled_before: datetime) -> dict[str, Any] | None:
        """Take the files of unfinished claims, and the landed files that were last written before a time.

        Returns `{"claim": key of the claim's description, "files": their number}`; None when there are no files.
        """
        claim = claim_id(run_id)
        self._adopt(bucket, claim)
        settled = [file for file in self.landed_files(bucket) if file.arrived_at <= settled_before]
        _in_parallel(lambda file: self._take(bucket, file, claim), settled)
        files = sorted(self._claimed_files(bucket, claim), key=lambda file: (file.arrived_at, file.key))
        if not files:
            return None
        description = {
            "claim": claim,
            "run_id": run_id,
            "claimed_at": datetime.now(UTC).isoformat(),
            "files": [file.entry() for file in files],
        }
        key = f"{claim_prefix(claim)}{CLAIM_FILE}"
        self.load_string(json.dumps(description, indent=2), key, bucket, replace=True)
        return {"claim": key, "files": len(files)}

    def _adopt(self, bucket: str, claim: str) -> None:
        own = claim_prefix(claim)
        others = [key for key in self.list_keys(bucket, CLAIMED_PREFIX) if not key.startswith(own)]
        descriptions = [key for key in others if key.endswith(f"/{CLAIM_FILE}")]
        if descriptions:
            self.delete_objects(bucket, descriptions)
        files = [key for key in others if key not in descriptions]
        _in_parallel(lambda key: self._move(bucket, key, own + tail(key)), files)

    def _take(self, bucket: str, file: StockFile, claim: str) -> None:
        """A file that is written again while it is taken stays where it is, for the next claim."""
        target = f"{claim_prefix(claim)}{file.arrival}/{file.name}"
        source = {"Bucket": bucket, "Key": file.key}
        try:
            self.conn.copy_object(Bucket=bucket, Key=target, CopySource=source, CopySourceIfMatch=file.etag)
            self.conn.delete_object(Bucket=bucket, Key=file.key, IfMatch=file.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in REPLACED:
                raise
            self.log.info("%s was written again while it was taken: left for the next run", file.name)
            self.conn.delete_object(Bucket=bucket, Key=target)

    def _claimed_files(self, bucket: str, claim: str) -> Iterator[StockFile]:
        for item in self.iter_file_metadata(claim_prefix(claim), bucket):
            if not item["Key"].endswith(f"/{CLAIM_FILE}"):
                yield StockFile.claimed(item)

    def settle(self, bucket: str, claim: str, files: Iterable[dict[str, Any]], day: str) -> None:
        """Move a load's files to where they stay, the reason beside those that are quarantined, and end the claim."""

        def move(file: dict[str, Any]) -> None:
            if file["status"] == QUARANTINED:
                self.load_string(f"{file['reason']}\n", f"{resting_key(file, day)}.reason.txt", bucket, replace=True)
            self._move(bucket, file["key"], resting_key(file, day))

        _in_parallel(move, files)
        self.conn.delete_object(Bucket=bucket, Key=f"{claim_prefix(claim)}{CLAIM_FILE}")

    def _move(self, bucket: str, source: str, target: str) -> None:
        """Repeating it is right: a file that is gone has been moved."""
        try:
            self.conn.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source})
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
                raise
        self.conn.delete_object(Bucket=bucket, Key=source)


def resting_key(file: dict[str, Any], day: str) -> str:
    """Where a file of a load stays, by the day of its processing."""
    prefix = QUARANTINE_PREFIX if file["status"] == QUARANTINED else PROCESSED_PREFIX
    return f"{prefix}{day}/{tail(file['key'])}"


def settled_before(settle_seconds: float) -> datetime:
    """A file that was last written before this moment counts as complete."""
    return datetime.now(UTC) - timedelta(seconds=settle_seconds)


def _in_parallel(action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        return list(pool.map(action, items))
