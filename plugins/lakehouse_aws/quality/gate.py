"""Stops a run whose tables failed their audit."""

from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from typing_extensions import override

from lakehouse_aws.lake import LakeHook
from lakehouse_aws.metrics import MetricsHook, metric
from lakehouse_aws.quality.data_docs import DataDocsLink
from lakehouse_contract.quality import critical_failures, data_docs_key, quality_results_key


class QualityGateOperator(AwsBaseOperator[LakeHook]):
    """Read the results of a run's audit, show them, and fail without a retry on a critical failure.

    Returns the summary: numbers of expectations evaluated, passed, failed_critical and failed_warning. The share that
    passed goes to CloudWatch as QualityScore, also of a run that is stopped.

    :param bucket: the lake's bucket
    :param run: id of the Glue job run whose branches were audited
    :param dataset: the name of what was audited, the metric's dimension
    :param data_docs_base_url: what the Data Docs page's key is appended to
    """

    aws_hook_class = LakeHook
    template_fields = aws_template_fields("run", "bucket", "data_docs_base_url")
    operator_extra_links = (DataDocsLink(),)

    def __init__(self, *, bucket: str, run: str, dataset: str, data_docs_base_url: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.run = run
        self.dataset = dataset
        self.data_docs_base_url = data_docs_base_url

    @property
    def data_docs_url(self) -> str:
        return f"{self.data_docs_base_url}{data_docs_key(self.run)}"

    @override
    def execute(self, context: Context) -> dict[str, int]:
        audit = self.hook.read_json(self.bucket, quality_results_key(self.run))
        self.log.info("Audit of run %s:\n%s", self.run, results_table(audit["results"]))
        self.send_score(audit["summary"])
        failures = [result for result in audit["results"] if not result["is_successful"]]
        critical = [describe(result) for result in critical_failures(audit)]
        for result in failures:
            if result["severity"] != "critical":
                self.log.warning("Warning: %s", describe(result))
        if critical:
            raise AirflowFailException(
                f"Run {self.run} is not published, {len(critical)} critical expectations failed: "
                f"{'; '.join(critical)}. Data Docs: {self.data_docs_url}"
            )
        return audit["summary"]

    def send_score(self, summary: dict[str, int]) -> None:
        score = 100 * summary["passed"] / summary["evaluated"]
        MetricsHook(**self._hook_parameters).send([metric("QualityScore", score, "Percent", Dataset=self.dataset)])


def describe(result: dict[str, Any]) -> str:
    subject = ".".join(filter(None, (result["table"], result["column"])))
    return f"{subject}: {result['description']} (observed: {result['observed']})"


def results_table(results: list[dict[str, Any]]) -> str:
    """Expectations passed and failed, a line per table."""
    lines = [f"{'table':<20} {'evaluated':>9} {'passed':>9} {'critical':>9} {'warnings':>9}"]
    for table in sorted({result["table"] for result in results}):
        of_table = [result for result in results if result["table"] == table]
        failed = [result["severity"] for result in of_table if not result["is_successful"]]
        critical = failed.count("critical")
        counts = (len(of_table), len(of_table) - len(failed), critical, len(failed) - critical)
        lines.append(f"{table:<20} {' '.join(f'{count:>9}' for count in counts)}")
    return "\n".join(lines)
