"""Makes a run's tables the ones that readers see, or those of an earlier run."""

from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.iceberg.publication import PublicationHook
from lakehouse_contract.branches import published_tag


class PublicationOperator(AwsBaseOperator[PublicationHook]):
    """What moves main of several tables; returns the tag that is published.

    :param bucket: the lake's bucket
    :param database: the Glue database
    :param dimensions: tables whose rows those of others refer to
    :param facts: the other tables
    """

    aws_hook_class = PublicationHook
    template_fields = aws_template_fields("bucket", "database")

    def __init__(
        self, *, bucket: str, database: str, dimensions: Sequence[str], facts: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database
        self.dimensions = list(dimensions)
        self.facts = list(facts)

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}


class PublishRunOperator(PublicationOperator):
    """Move main of every table to what a run wrote to its branches, dimensions first, and tag it.

    A retry completes what a broken try began. Fails without a retry when the run has passed no audit, and, saying what
    is published, when it did not begin at that.

    :param run: id of the Glue job run
    """

    template_fields = aws_template_fields(*PublicationOperator.template_fields, "run")

    def __init__(self, *, run: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    @override
    def execute(self, context: Context) -> str:
        self.hook.check_audited(self.run)
        document = self.hook.publish(self.run, [*self.dimensions, *self.facts])
        for table, entry in document["tables"].items():
            self.log.info("%s: %s rows", table, entry["rows"])
        return published_tag(self.run)


class RollbackOperator(PublicationOperator):
    """Move main of every table to a version that was published before.

    :param tag: the tag of that version
    """

    template_fields = aws_template_fields(*PublicationOperator.template_fields, "tag")

    def __init__(self, *, tag: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tag = tag

    @override
    def execute(self, context: Context) -> str:
        self.hook.rollback(self.tag, self.dimensions, self.facts)
        return self.tag
