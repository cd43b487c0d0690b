"""Makes the page of a report, and links it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import BaseOperatorLink, Context
from airflow.sdk.exceptions import AirflowException
from typing_extensions import override

from lakehouse_aws.athena.rows import AthenaRowsHook, Rows
from lakehouse_aws.iceberg.published import PublishedHook
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.reports.report import Report
from lakehouse_contract.reports import report_key

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class ReportLink(BaseOperatorLink):
    """Opens the page that the operator has as its `report_url`."""

    name = "Report"

    @override
    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:
        return operator.report_url


class ReportOperator(AwsBaseOperator[AthenaRowsHook]):
    """Ask Athena the questions of a report, and replace the pipeline's page by one of the answers; returns its address.

    The page is of one published version: when another one is published while Athena is asked, the task fails, and its
    retry asks again.

    :param pipeline: name of the pipeline that the page is of
    :param report: what is on the page
    :param data_docs_bucket: bucket of the page
    :param data_docs_base_url: what the page's key is appended to
    :param database: the Glue database of the tables
    :param workgroup: of Athena
    :param output_location: of Athena's results
    """

    aws_hook_class = AthenaRowsHook
    template_fields = aws_template_fields("queries", "data_docs_bucket", "data_docs_base_url", "database", "workgroup")
    template_ext = (".sql",)
    operator_extra_links = (ReportLink(),)

    def __init__(
        self,
        *,
        pipeline: str,
        report: Report,
        data_docs_bucket: str,
        data_docs_base_url: str,
        database: str,
        workgroup: str,
        output_location: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline = pipeline
        self.report = report
        self.queries = [section.query for section in report.sections]
        self.data_docs_bucket = data_docs_bucket
        self.data_docs_base_url = data_docs_base_url
        self.database = database
        self.workgroup = workgroup
        self.output_location = output_location

    @property
    def report_url(self) -> str:
        return f"{self.data_docs_base_url}{report_key(self.pipeline)}"

    @cached_property
    def published(self) -> PublishedHook:
        return PublishedHook(**self._hook_parameters, database=self.database)

    @override
    def execute(self, context: Context) -> str:
        from lakehouse_aws.reports.page import compress, render

        version = self.published.version(self.report.tables)
        answers = self._answers() if version else [[] for _ in self.queries]
        if self.published.version(self.report.tables) != version:
            raise AirflowException(f"While Athena was asked of {version or 'nothing'}, another version was published.")
        page = render(self.report, self.queries, answers, version, datetime.now(UTC))
        LakeHook(**self._hook_parameters).conn.put_object(
            Bucket=self.data_docs_bucket,
            Key=report_key(self.pipeline),
            Body=compress(page),
            ContentType="text/html; charset=utf-8",
            ContentEncoding="gzip",
            # The next report has the same address.
            CacheControl="no-cache",
        )
        self.log.info("The report of %s: %s", version or "no published version", self.report_url)
        return self.report_url

    def _answers(self) -> Sequence[Rows]:
        return self.hook.answers(self.queries, self.database, self.workgroup, self.output_location)
