"""Claims: the files that one run ingests, and how one that makes every run fail is found among them."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from airflow.sdk.exceptions import AirflowException
from botocore.exceptions import ClientError

from lakehouse_aws.arrivals.moves import ArrivingFilesHook
from lakehouse_aws.sessions import SharedSessionHook
from lakehouse_contract.arrivals.claims import (
    Claim,
    ClaimedFile,
    attempting_run,
    claim_id,
    claim_key,
    claim_of,
    claim_prefix,
    no_fault_mark,
    suspect_key,
)
from lakehouse_contract.arrivals.files import ArrivingFile
from lakehouse_contract.quality import critical_failures, quality_results_key
from lakehouse_contract.s3_errors import GONE, error_code

FAILURES_UNTIL_HALVED = 2
NEVER = datetime.max.replace(tzinfo=UTC)
RUNNING_STATES = {"STARTING", "RUNNING", "STOPPING", "WAITING"}
# How the script, or the worker under it, ends by what it reads. ERROR, STOPPED and EXPIRED are no fault of the files.
FAILED_STATES = {"FAILED", "TIMEOUT"}


@dataclass
class WaitingClaim:
    """What lies below `claimed/<folder>/<claim>/`.

    `attempts` are the job runs that began with it, with the time; `errors` those of the runs that failed by what they
    read, `failed_audits` the runs whose audit failed. A suspect claim is a part of one that failed.
    """

    claim_id: str
    files: list[ArrivingFile] = field(default_factory=list)
    attempts: dict[str, datetime] = field(default_factory=dict)
    is_suspect: bool = False
    since: datetime | None = None
    errors: list[str] = field(default_factory=list)
    failed_audits: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        return self.is_suspect or bool(self.errors or self.failed_audits)

    @property
    def is_to_be_halved(self) -> bool:
        failures = 1 if self.is_suspect else FAILURES_UNTIL_HALVED
        return len(self.files) > 1 and len(self.errors) + len(self.failed_audits) >= failures

    @property
    def is_to_be_quarantined(self) -> bool:
        """An audit sees whole tables: where it fails on a file alone, that may be no fault of the file."""
        return len(self.files) == 1 and len(self.errors) >= FAILURES_UNTIL_HALVED

    @property
    def comes_last(self) -> bool:
        """Other files need not wait for one whose audit fails on it alone, as it may do for long."""
        return len(self.files) == 1 and bool(self.failed_audits)

    @property
    def waiting_since(self) -> datetime:
        """Of claims that failed, the one that was tried the longest ago is tried first."""
        moments = [*self.attempts.values(), *([self.since] if self.since else [])]
        return max(moments) if moments else min(file.arrived_at for file in self.files)


class ClaimsHook(ArrivingFilesHook):
    """Decides what a run ingests.

    A claim that no job failed on is taken over by the next one. A claim on which a job failed keeps to itself: after
    two failures its halves are ingested each by itself, their halves after one, and a file that failed twice alone goes
    to quarantine. Failures are those of Glue job runs that had read their claim, so that a broken deployment or an
    outage counts for none. A failed audit is one, too, but puts no file into quarantine: such a file stays in a claim
    of its own, which is tried when nothing else is there.
    """

    @cached_property
    def glue(self) -> SharedSessionHook:
        return SharedSessionHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.config,
            client_type="glue",
        )

    def attempts(self, bucket: str) -> list[str]:
        """The job runs that began with a claim whose files are still in it."""
        items = self.iter_file_metadata(self.arrivals.claimed_prefix, bucket)
        return [run for item in items if (run := attempting_run(self.arrivals, item["Key"]))]

    def has_files(self, bucket: str, settled_before: datetime) -> bool:
        """Whether anything lies in a claim, or settled in the landing prefix."""
        return bool(self.list_keys(bucket, self.arrivals.claimed_prefix) or self.settled_files(bucket, settled_before))

    def claim(
        self, bucket: str, run_id: str, settled_before: datetime, claimed_at: str | None = None
    ) -> dict[str, Any] | None:
        """Choose a claim: a failed one that is due, or the files of unfinished claims and the settled landed files.

        `claimed_at` is the claim's fencing token, where there is one.
        Returns `{"claim": key of the claim's description, "files": their number}`; None when there are no files.
        Raises AirflowException, which is worth another try, while a job is still at work on a claim.
        """
        claims = self._claims(bucket)
        failed = self._divide(bucket, [claim for claim in claims if claim.has_failed], run_id)
        ready = [claim for claim in claims if not claim.has_failed]
        first = min(failed, key=lambda claim: (claim.comes_last, claim.waiting_since, claim.claim_id), default=None)
        fresh_since = self._fresh_since(bucket, ready, settled_before)
        if first and (fresh_since == NEVER or not (first.comes_last or fresh_since < first.waiting_since)):
            return self._describe(bucket, first, run_id, claimed_at)
        own = claim_id(run_id)
        while own in {claim.claim_id for claim in failed}:
            own = claim_id(f"{own} again")
        for claim in ready:
            if claim.claim_id != own:
                self._move_files(bucket, claim.files, own, run_id)
                self.end_claim(bucket, claim.claim_id)
        self.take(bucket, own, run_id, settled_before)
        taken = next(iter(self._claims(bucket, own)), first)
        return self._describe(bucket, taken, run_id, claimed_at) if taken else None

    def _fresh_since(self, bucket: str, ready: list[WaitingClaim], settled_before: datetime) -> datetime:
        """Since when the files wait that are in no failed claim; NEVER when there are none."""
        blocked = set(self.list_keys(bucket, self.arrivals.blocked_prefix))
        waiting = [*self.settled_files(bucket, settled_before), *(file for claim in ready for file in claim.files)]
        arrivals = [file.arrived_at for file in waiting if file.blocked_key not in blocked]
        return min(arrivals, default=NEVER)

    def _claims(self, bucket: str, only: str | None = None) -> list[WaitingClaim]:
        claims: dict[str, WaitingClaim] = defaultdict(lambda: WaitingClaim(""))
        prefix = claim_prefix(self.arrivals, only) if only else self.arrivals.claimed_prefix
        for item in self.iter_file_metadata(prefix, bucket):
            claim = claims[claim_of(self.arrivals, item["Key"])]
            claim.claim_id = claim_of(self.arrivals, item["Key"])
            if file := ArrivingFile.claimed(self.arrivals, item):
                claim.files.append(file)
            elif run := attempting_run(self.arrivals, item["Key"]):
                claim.attempts[run] = item["LastModified"]
            else:
                claim.is_suspect |= item["Key"] == suspect_key(self.arrivals, claim.claim_id)
        for claim in claims.values():
            if not claim.files:
                self.end_claim(bucket, claim.claim_id)
                continue
            claim.files.sort(key=lambda file: (file.arrived_at, file.key))
            claim.errors = [error for run in claim.attempts if (error := self._failure(run)) is not None]
            claim.failed_audits = [run for run in claim.attempts if self._has_failed_audit(bucket, run)]
            if claim.is_suspect:
                origin = self.read_json(bucket, suspect_key(self.arrivals, claim.claim_id))
                claim.since = datetime.fromisoformat(origin["since"])
        return [claim for claim in claims.values() if claim.files]

    def _failure(self, run_id: str) -> str | None:
        """The error of a job run that failed by what it read; None for another one."""
        try:
            run = self.glue.conn.get_job_run(JobName=self.arrivals.job, RunId=run_id)["JobRun"]
        except ClientError as error:
            if error_code(error) != "EntityNotFoundException":
                raise
            return None
        if run["JobRunState"] in RUNNING_STATES:
            raise AirflowException(
                f"The job run {run_id} of {self.arrivals.job} is still at work on its claim: no other can begin."
            )
        message = run.get("ErrorMessage") or f"The job ended {run['JobRunState']} without a message."
        is_failure = run["JobRunState"] in FAILED_STATES and no_fault_mark(run_id) not in message
        return message if is_failure else None

    def _has_failed_audit(self, bucket: str, run_id: str) -> bool:
        key = quality_results_key(run_id)
        if not self.arrivals.is_audited or not self.check_for_key(key, bucket):
            return False
        return bool(critical_failures(self.read_json(bucket, key)))

    def _divide(self, bucket: str, failed: list[WaitingClaim], run_id: str) -> list[WaitingClaim]:
        """The failed claims, halves in the place of those that failed too often; single files go to quarantine."""
        left: list[WaitingClaim] = []
        for claim in failed:
            if claim.is_to_be_quarantined:
                self._quarantine_claim(bucket, claim, run_id)
            elif claim.is_to_be_halved:
                left += self._halve(bucket, claim, run_id)
            else:
                left.append(claim)
        return left

    def _quarantine_claim(self, bucket: str, claim: WaitingClaim, run_id: str) -> None:
        """What S3 refuses to move stays in its claim, of which it is known that the job fails on it."""
        reason = f"{self.arrivals.job} fails whenever it loads this file, even alone: {claim.errors[-1]}"

        def put_aside(file: ArrivingFile) -> None:
            self.quarantine(bucket, file, run_id, reason, self.checksum(bucket, file.key))

        if len(self.unless_refused(bucket, run_id, put_aside, claim.files)) == len(claim.files):
            self.end_claim(bucket, claim.claim_id)

    def _halve(self, bucket: str, claim: WaitingClaim, run_id: str) -> list[WaitingClaim]:
        """Repeating it after it was stopped is right: each file is in one of the halves or still to be divided."""
        middle = len(claim.files) // 2
        first, second = (claim_id(f"{claim.claim_id}.{number}") for number in (1, 2))
        halves = {first: claim.files[:middle], second: claim.files[middle:]}
        self.log.warning("The %s files of the claim %s are ingested in halves", len(claim.files), claim.claim_id)
        for half, files in halves.items():
            since = json.dumps({"since": claim.waiting_since.isoformat()})
            self.load_string(since, suspect_key(self.arrivals, half), bucket, replace=True)
            self._move_files(bucket, files, half, run_id)
        self.end_claim(bucket, claim.claim_id)
        return [half for half in self._claims(bucket) if half.claim_id in halves]

    def _move_files(self, bucket: str, files: list[ArrivingFile], claim: str, run_id: str) -> None:
        prefix = claim_prefix(self.arrivals, claim)

        def move_one(file: ArrivingFile) -> None:
            self.move(bucket, file.key, prefix + file.tail, file.etag, file.size)

        self.unless_refused(bucket, run_id, move_one, files)

    def _describe(self, bucket: str, claim: WaitingClaim, run_id: str, claimed_at: str | None) -> dict[str, Any] | None:
        """Without the files that are gone by now, and those that S3 refuses to show; None when no other is left."""

        def describe_one(file: ArrivingFile) -> ClaimedFile | None:
            try:
                return ClaimedFile.of(file, self.checksum(bucket, file.key))
            except ClientError as error:
                if error_code(error) not in GONE:
                    raise
            self.log.warning("%s is not in its claim any more", file.name)
            return None

        described = self.unless_refused(bucket, run_id, describe_one, claim.files)
        files = [file for file in described if file is not None]
        if not files:
            return None
        document = Claim.of(claim.claim_id, run_id, files, claimed_at).to_json()
        self.load_string(document, claim_key(self.arrivals, claim.claim_id), bucket, replace=True)
        return {"claim": claim_key(self.arrivals, claim.claim_id), "files": len(files)}
