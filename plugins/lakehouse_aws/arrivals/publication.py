"""Publishing what a job run wrote of a claim: the tables first, then the files."""

from functools import cached_property
from typing import Any

from lakehouse_aws.arrivals.moves import ArrivingFilesHook
from lakehouse_aws.errors import LakeError
from lakehouse_aws.iceberg.publication import PublicationHook, RunDocument
from lakehouse_contract.arrivals.kinds import Arrivals
from lakehouse_contract.branches import published_tag
from lakehouse_contract.runs import run_document_key


class ClaimPublicationHook(PublicationHook):
    """Publishes runs. A run whose publication began is published whole before another one may be."""

    def __init__(self, *args: Any, arrivals: Arrivals, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrivals = arrivals

    @cached_property
    def files(self) -> ArrivingFilesHook:
        return ArrivingFilesHook(arrivals=self.arrivals, **self.hook_arguments)

    def fence_off_earlier_claims(self) -> str | None:
        """Let no run of an earlier claim begin to be published; one whose publication has begun may go on.

        Returns the fencing token that the new claim's run has to name; None before a job has made the tables, when
        there is no run. A publication begins with the first table, so that is where the token is.
        """
        try:
            return self.versions(self.arrivals.dataset.tables[0]).mark_claimed()
        except LakeError:
            return None

    def complete(self, run: str) -> RunDocument:
        """Publish the run, unless it is, and move its files to where they stay; returns the run document.

        Raises LakeError when another run was published since this one began, or when it has not passed the audit of
        its kind: its files stay claimed, and the next run ingests them on top.
        """
        published = self.is_published(run, self.arrivals.dataset.tables)
        if self.arrivals.is_audited and not published:
            self.check_audited(run)
        document = self.run_document(run) if published else self.publish(run, self.arrivals.dataset.tables)
        self.files.put_away(self.bucket, document["claim"], document["run_id"], document["files"])
        self.forget_superseded(self.arrivals.dataset.tables, self.arrivals.ledger)
        return document

    def has_begun(self, run: str) -> bool:
        """Whether the run is published in one of the tables at least."""
        if not self.lake.check_for_key(run_document_key(run), self.bucket):
            return False
        return any(published_tag(run) in self.versions(table).tags for table in self.arrivals.dataset.tables)
