"""Takes arrived files out of the landing prefix."""

import time
from datetime import datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from typing_extensions import override

from lakehouse_aws.arrivals.moves import settled_before
from lakehouse_aws.arrivals.operator import ArrivalsOperator
from lakehouse_aws.errors import LakeError

POLL_SECONDS = 0.5


class ClaimFilesOperator(ArrivalsOperator):
    """Move the arrived files into this run's claim, with those that runs before left unfinished; or repeat, in parts if
    need be, a claim that a job failed on.

    Returns `{"claim": key of the claim's description, "files": their number}`. What an earlier run began to publish is
    completed first, so that its files are not taken for unfinished; without other files its job run is returned as
    `completed`, and `claim` is empty, so that what follows a publication follows this one. Skipped when there is
    neither. Files that cannot be loaded by their name go to quarantine, and the ledger is told of those that no job run
    tells of.

    :param settle_seconds: time that a file has to be unchanged before it is taken for complete
    :param stray_seconds: the same time for a file that cannot be loaded by its name
    """

    def __init__(self, *, settle_seconds: float, stray_seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settle_seconds = settle_seconds
        self.stray_seconds = stray_seconds

    @override
    def execute(self, context: Context) -> dict[str, Any]:
        self.hook.quarantine_strays(self.bucket, context["run_id"], settled_before(self.stray_seconds))
        self._wait_until_settled()
        claim = self._claim(context["run_id"], settled_before(self.settle_seconds))
        self.ledger.tell()
        if claim is None:
            raise AirflowSkipException("No file is there to be ingested, or it is still being written.")
        if claim["files"]:
            self.log.info("%s files in s3://%s/%s", claim["files"], self.bucket, claim["claim"])
        return claim

    def _claim(self, run_id: str, settled: datetime) -> dict[str, Any] | None:
        if not self.hook.has_files(self.bucket, settled):
            return None
        # Before it is asked which publications have begun: one that sleeps does not begin afterwards.
        claimed_at = self.publication.fence_off_earlier_claims()
        begun = [run for run in self.hook.attempts(self.bucket) if self.publication.has_begun(run)]
        completed = [run for run in begun if self._complete(run)]
        claim = self.hook.claim(self.bucket, run_id, settled, claimed_at)
        if claim is None and completed:
            return {"claim": "", "files": 0, "completed": completed[-1]}
        return claim

    def _complete(self, run: str) -> bool:
        """Complete a publication that an earlier run has begun, or leave its files to be ingested once more."""
        try:
            self.publication.complete(run)
        except LakeError as error:
            self.log.warning("The publication of %s is not completed, its files are ingested again: %s", run, error)
            return False
        self.log.info("The publication of %s is completed.", run)
        return True

    def _wait_until_settled(self) -> None:
        """A file that has just arrived has to prove itself; twice that time at most, because files may go on arriving.

        What is left then was written after this run had begun, and is announced to the next one.
        """
        deadline = time.monotonic() + 2 * self.settle_seconds
        while time.monotonic() < deadline:
            landed = self.hook.landed_files(self.bucket)
            moments = [file.arrived_at for file in landed if self.arrivals.takes(file.name)]
            if not moments or max(moments) <= settled_before(self.settle_seconds):
                return
            time.sleep(POLL_SECONDS)
