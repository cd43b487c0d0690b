"""Makes what a job run wrote of a claim part of the tables."""

from datetime import datetime
from typing import Any

from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.arrivals.operator import ArrivalsOperator
from lakehouse_contract.branches import published_tag

ROW_COUNTS = ("rows_in", "rows_out", "rows_rejected")


class PublishClaimOperator(ArrivalsOperator):
    """Publish the branches of a run, and move its files to where they stay.

    Returns `run`, the tag `published`, the counts `files`, `duplicates`, `quarantined`, `rows_in`, `rows_out`,
    `rows_rejected` and the job's `seconds`. A run that is published already has its files moved, whatever was published
    since. Fails without a retry when a run whose kind is audited has passed no audit.

    :param run: id of a job run that is complete
    """

    template_fields = (*ArrivalsOperator.template_fields, "run")

    def __init__(self, *, run: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    @override
    def execute(self, context: Context) -> dict[str, Any]:
        document = self.publication.complete(self.run)
        for file in document["files"]:
            self.log.info("%s: %s %s", file["name"], file["status"], file["reason"] or f"{file['rows_out']} rows")
        return summary(document)


def summary(document: dict[str, Any]) -> dict[str, Any]:
    """The counts of a run document."""
    files = document["files"]
    took = datetime.fromisoformat(document["created_at"]) - datetime.fromisoformat(document["started_at"])
    return {
        "run": document["run"],
        "published": published_tag(document["run"]),
        "files": len(files),
        "duplicates": sum(file["status"] == "duplicate" for file in files),
        "quarantined": sum(file["status"] == "quarantined" for file in files),
        **{count: sum(file[count] for file in files) for count in ROW_COUNTS},
        "seconds": round(took.total_seconds(), 1),
    }
