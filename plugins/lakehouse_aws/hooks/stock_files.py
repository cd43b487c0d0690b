"""The CSV files on their way: out of the landing prefix into a claim, and from there to where they stay."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lakehouse_aws.lake import PARALLEL_REQUESTS
from lakehouse_aws.object_moves import ObjectMovesHook, is_refusal
from lakehouse_aws.stock_keys import (
    BLOCKED_PREFIX,
    FILE_SUFFIXES,
    LANDING_PREFIX,
    LEDGER_PREFIX,
    PROCESSED_PREFIX,
    QUARANTINE_PREFIX,
    StockFile,
    claim_prefix,
    is_stock_file,
    tail,
)

QUARANTINED = "quarantined"
BLOCKED = "blocked"
STRAY_REASON = f"The name ends in none of {', '.join(FILE_SUFFIXES)}: give it one of these and drop the file again."

Item = TypeVar("Item")
Result = TypeVar("Result")


class StockFilesHook(ObjectMovesHook):
    """Moves files, and tells the ledger of those that no load tells of."""

    def landed_files(self, bucket: str) -> list[StockFile]:
        """All that lies in the landing prefix but the markers of folders, whatever it is called."""
        items = self.iter_file_metadata(LANDING_PREFIX, bucket)
        return [StockFile.landed(item) for item in items if not item["Key"].endswith("/")]

    def take(self, bucket: str, claim: str, run_id: str, settled_before: datetime) -> None:
        """Move the landed stock files that were last written before a time into a claim.

        A file that is written again while it is taken stays where it is, for the next claim. One that S3 refuses to
        move stays, too, with the reason in the ledger.
        """
        landed = self.landed_files(bucket)
        settled = [file for file in landed if is_stock_file(file.name) and file.arrived_at <= settled_before]

        def take_one(file: StockFile) -> None:
            self.move(bucket, file.key, f"{claim_prefix(claim)}{file.tail}", file.etag, file.size)

        self._unless_refused(bucket, run_id, take_one, settled)

    def _unless_refused(
        self, bucket: str, run_id: str, move: Callable[[StockFile], None], files: Iterable[StockFile]
    ) -> None:
        """Move each of the landed files; the ledger has those that S3 refuses to move as blocked, and no others."""
        known_blocked = set(self.list_keys(bucket, BLOCKED_PREFIX))

        def move_one(file: StockFile) -> None:
            try:
                move(file)
            except ClientError as error:
                if not is_refusal(error):
                    raise
                self._block(bucket, file, run_id, error)
                return
            if file.blocked_key in known_blocked:
                self.conn.delete_object(Bucket=bucket, Key=file.blocked_key)

        in_parallel(move_one, files)

    def _block(self, bucket: str, file: StockFile, run_id: str, error: ClientError) -> None:
        detail = error.response["Error"]
        reason = (
            f"S3 refuses to move the file ({detail['Code']}: {detail.get('Message', '').rstrip('.')}): it stays at "
            f"s3://{bucket}/{file.key} and is tried again."
        )
        self.log.error("%s: %s", file.name, reason)
        self._tell(bucket, file.blocked_key, file, run_id, status=BLOCKED, reason=reason, location=file.key)

    def quarantine_strays(self, bucket: str, run_id: str, older_than: datetime) -> int:
        """Put what is no stock file by its name aside, if it was last written before a time; the number of files.

        A younger one may be a transfer that ends with a rename.
        """
        strays = [file for file in self.landed_files(bucket) if not is_stock_file(file.name)]
        strays = [file for file in strays if file.arrived_at <= older_than]

        def put_aside(file: StockFile) -> None:
            self.quarantine(bucket, file, run_id, STRAY_REASON)

        self._unless_refused(bucket, run_id, put_aside, strays)
        return len(strays)

    def quarantine(self, bucket: str, file: StockFile, run_id: str, reason: str, checksum: str | None = None) -> None:
        """Put a file aside that no load tells of, its reason beside it and in the ledger.

        Nothing is told of one that is gone by now or another one.
        """
        self.log.error("%s goes to quarantine: %s", file.name, reason)
        target = f"{QUARANTINE_PREFIX}{datetime.now(UTC):%Y-%m-%d}/{file.tail}"
        ledger_key = f"{LEDGER_PREFIX}quarantined-{file.ledger_name}"
        self._explain(bucket, target, reason)
        self._tell(
            bucket,
            ledger_key,
            file,
            run_id,
            status=QUARANTINED,
            reason=reason,
            location=target,
            checksum=checksum,
        )
        try:
            self.move(bucket, file.key, target, file.etag, file.size)
        except ClientError as error:
            if is_refusal(error):
                self.delete_objects(bucket, [ledger_key, reason_key(target)])
            raise
        if not self.check_for_key(target, bucket):
            self.delete_objects(bucket, [ledger_key, reason_key(target)])

    def settle(self, bucket: str, claim: str, files: Iterable[dict[str, Any]], day: str) -> None:
        """Move a load's files to where they stay, the reason beside those that are quarantined, and end the claim.

        Files of the claim that the load left over stay in it, for the next claim.
        """

        def move(file: dict[str, Any]) -> None:
            target = resting_key(file, day)
            # What was settled before may have left the quarantine since.
            if file["status"] == QUARANTINED and self.check_for_key(file["key"], bucket):
                self._explain(bucket, target, file["reason"])
            self.move(bucket, file["key"], target, file["etag"], file["size"])

        in_parallel(move, files)
        self.end_claim(bucket, claim)

    def end_claim(self, bucket: str, claim: str) -> None:
        """Remove what describes a claim; its files stay."""
        prefix = claim_prefix(claim)
        items = self.iter_file_metadata(prefix, bucket)
        described = [item["Key"] for item in items if StockFile.claimed(item) is None]
        if described:
            self.delete_objects(bucket, described)

    def _explain(self, bucket: str, key: str, reason: str) -> None:
        self.load_string(f"{reason}\n", reason_key(key), bucket, replace=True)

    def _tell(
        self,
        bucket: str,
        ledger_key: str,
        file: StockFile,
        run_id: str,
        *,
        status: str,
        reason: str,
        location: str,
        checksum: str | None = None,
    ) -> None:
        now = hive_timestamp(datetime.now(UTC).isoformat())
        line = {
            "file_name": file.name,
            "size_bytes": file.size,
            "checksum": checksum,
            "arrived_at": hive_timestamp(file.arrived_at.isoformat()),
            "status": status,
            "reason": reason,
            **dict.fromkeys(("rows_in", "rows_out", "rows_rejected", "rows_superseded"), 0),
            "months": "",
            "load": None,
            "run_id": run_id,
            "started_at": now,
            "finished_at": now,
            "location": f"s3://{bucket}/{location}",
        }
        self.load_string(json.dumps(line) + "\n", ledger_key, bucket, replace=True)


def resting_key(file: dict[str, Any], day: str) -> str:
    """Where a file of a load stays, by the day of its processing."""
    prefix = QUARANTINE_PREFIX if file["status"] == QUARANTINED else PROCESSED_PREFIX
    return f"{prefix}{day}/{tail(file['key'])}"


def reason_key(key: str) -> str:
    """Of the object that says why a file is in quarantine."""
    return f"{key}.reason.txt"


def settled_before(settle_seconds: float) -> datetime:
    """A file that was last written before this moment counts as complete."""
    return datetime.now(UTC) - timedelta(seconds=settle_seconds)


def hive_timestamp(iso: str) -> str:
    """UTC, as Hive's JSON reader parses a timestamp."""
    return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def in_parallel(action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The action's results, in the order of the items; the first error, when all have been tried."""
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        return list(pool.map(action, items))
