"""The files on their way: out of the landing prefix into a claim, and from there to where they stay."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lakehouse_aws.lake import PARALLEL_REQUESTS
from lakehouse_aws.object_moves import ObjectMovesHook
from lakehouse_contract.arrivals.claims import ClaimedFile, claim_prefix
from lakehouse_contract.arrivals.files import ArrivingFile, reason_key
from lakehouse_contract.arrivals.kinds import FILE_SUFFIXES, Arrivals
from lakehouse_contract.arrivals.ledger import (
    BLOCKED,
    QUARANTINED,
    Outcome,
    Processing,
    file_entry,
    ledger_row,
)
from lakehouse_contract.s3_errors import is_refusal

WRONG_SUFFIX = f"The name ends in none of {', '.join(FILE_SUFFIXES)}: give it one of these and drop the file again."
TOO_LONG = "The name is longer than {} bytes: shorten it and drop the file again."

Item = TypeVar("Item")
Result = TypeVar("Result")


class ArrivingFilesHook(ObjectMovesHook):
    """Moves files of a kind, and notes for the ledger what became of those that no job run tells of."""

    def __init__(self, *args: Any, arrivals: Arrivals, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrivals = arrivals

    def landed_files(self, bucket: str) -> list[ArrivingFile]:
        """All that lies in the landing prefix but the markers of folders, whatever it is called."""
        items = self.iter_file_metadata(self.arrivals.landing_prefix, bucket)
        return [ArrivingFile.landed(self.arrivals, item) for item in items if not item["Key"].endswith("/")]

    def settled_files(self, bucket: str, settled_before: datetime) -> list[ArrivingFile]:
        """The landed files that can be loaded by their name, and were last written before a time."""
        landed = self.landed_files(bucket)
        return [file for file in landed if self.arrivals.takes(file.name) and file.arrived_at <= settled_before]

    def take(self, bucket: str, claim: str, run_id: str, settled_before: datetime) -> None:
        """Move the settled files of the landing prefix into a claim.

        A file that is written again while it is taken stays where it is, for the next claim. One that S3 refuses to
        move stays, too, with the reason in the ledger.
        """

        def take_one(file: ArrivingFile) -> None:
            self.move(bucket, file.key, f"{claim_prefix(self.arrivals, claim)}{file.tail}", file.etag, file.size)

        self.unless_refused(bucket, run_id, take_one, self.settled_files(bucket, settled_before))

    def unless_refused(
        self, bucket: str, run_id: str, action: Callable[[ArrivingFile], Result], files: Iterable[ArrivingFile]
    ) -> list[Result]:
        """The action's results for the files but for those that S3 refuses it for.

        These stay where they are, and the ledger has them, and no others, as blocked.
        """
        known_blocked = set(self.list_keys(bucket, self.arrivals.blocked_prefix))

        def act(file: ArrivingFile) -> list[Result]:
            try:
                result = action(file)
            except ClientError as error:
                if not is_refusal(error):
                    raise
                self._block(bucket, file, run_id, error, is_told=file.blocked_key in known_blocked)
                return []
            if file.blocked_key in known_blocked:
                self.conn.delete_object(Bucket=bucket, Key=file.blocked_key)
            return [result]

        return [result for results in in_parallel(act, files) for result in results]

    def _block(self, bucket: str, file: ArrivingFile, run_id: str, error: ClientError, *, is_told: bool) -> None:
        detail = error.response["Error"]
        reason = (
            f"S3 refuses to move the file ({detail['Code']}: {detail.get('Message', '').rstrip('.')}): it stays at "
            f"s3://{bucket}/{file.key} and is tried again."
        )
        self.log.error("%s: %s", file.name, reason)
        if not is_told:
            self._note(bucket, file, run_id, Outcome(BLOCKED, reason))
        self.load_string(f"{reason}\n", file.blocked_key, bucket, replace=True)

    def quarantine_strays(self, bucket: str, run_id: str, older_than: datetime) -> int:
        """Put what cannot be loaded by its name aside, if it was last written before a time; the number of files.

        A younger one may be a transfer that ends with a rename.
        """
        strays = [file for file in self.landed_files(bucket) if not self.arrivals.takes(file.name)]
        strays = [file for file in strays if file.arrived_at <= older_than]

        too_long = TOO_LONG.format(self.arrivals.most_name_bytes)

        def put_aside(file: ArrivingFile) -> None:
            self.quarantine(bucket, file, run_id, WRONG_SUFFIX if self.arrivals.fits(file.name) else too_long)

        self.unless_refused(bucket, run_id, put_aside, strays)
        return len(strays)

    def quarantine(
        self, bucket: str, file: ArrivingFile, run_id: str, reason: str, checksum: str | None = None
    ) -> None:
        """Put a file aside that no job run tells of, its reason beside it and noted for the ledger.

        Nothing is noted of one that is gone by now or another one.
        """
        self.log.error("%s goes to quarantine: %s", file.name, reason)
        note_key, target = self._note(bucket, file, run_id, Outcome(QUARANTINED, reason), checksum)
        self._explain(bucket, target, reason)
        try:
            self.move(bucket, file.key, target, file.etag, file.size)
        except ClientError as error:
            if is_refusal(error):
                self.delete_objects(bucket, [note_key, reason_key(target)])
            raise
        if not self.check_for_key(target, bucket):
            self.delete_objects(bucket, [note_key, reason_key(target)])

    def put_away(self, bucket: str, claim: str, run_id: str, entries: Iterable[dict[str, Any]]) -> None:
        """Move the files of a run document to where they stay, the reason beside those that are quarantined, and end
        the claim.

        Files of the claim that the run left over, or that S3 refuses to move, stay in it, for the next claim.
        """
        by_key = {entry["key"]: entry for entry in entries}

        def move(file: ArrivingFile) -> None:
            entry = by_key[file.key]
            # What was put away before may have left the quarantine since.
            if entry["status"] == QUARANTINED and self.check_for_key(file.key, bucket):
                self._explain(bucket, entry["stays_at"], entry["reason"])
            self.move(bucket, file.key, entry["stays_at"], file.etag, file.size)

        self.unless_refused(bucket, run_id, move, map(self._file_of, by_key.values()))
        self.end_claim(bucket, claim)

    def end_claim(self, bucket: str, claim: str) -> None:
        """Remove what describes a claim; its files stay."""
        prefix = claim_prefix(self.arrivals, claim)
        items = self.iter_file_metadata(prefix, bucket)
        described = [item["Key"] for item in items if ArrivingFile.claimed(self.arrivals, item) is None]
        if described:
            self.delete_objects(bucket, described)

    def _file_of(self, entry: Mapping[str, Any]) -> ArrivingFile:
        """The file of an entry of a run document."""
        arrived_at = datetime.fromisoformat(entry["arrived_at"])
        return ArrivingFile(self.arrivals, entry["name"], entry["key"], entry["size"], entry["etag"], arrived_at)

    def _explain(self, bucket: str, key: str, reason: str) -> None:
        self.load_string(f"{reason}\n", reason_key(key), bucket, replace=True)

    def _note(
        self, bucket: str, file: ArrivingFile, run_id: str, outcome: Outcome, checksum: str | None = None
    ) -> tuple[str, str]:
        """Write the ledger's row of a file down, for FileLedgerHook to tell; returns its key, and that of the file."""
        now = datetime.now(UTC)
        entry = file_entry(self.arrivals, ClaimedFile.of(file, checksum), outcome, now.date())
        row = ledger_row(entry, Processing(None, run_id, now, now), f"s3://{bucket}")
        key = f"{self.arrivals.untold_prefix}{outcome.status}-{file.note_name}"
        self.load_string(json.dumps(row, default=datetime.isoformat), key, bucket, replace=True)
        return key, entry["stays_at"]


def settled_before(settle_seconds: float) -> datetime:
    """A file that was last written before this moment counts as complete."""
    return datetime.now(UTC) - timedelta(seconds=settle_seconds)


def in_parallel(action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The action's results, in the order of the items; the first error, when all have been tried."""
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        return list(pool.map(action, items))
