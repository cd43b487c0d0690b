"""An audit of a run by a query, before it is published."""

import json
from typing import Any

from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from typing_extensions import override

from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.lake import LakeHook
from lakehouse_aws.metrics import MetricsHook, metric
from lakehouse_contract.quality import critical_failures, quality_results_key
from lakehouse_contract.runs import run_document_key


class AuditByQueryOperator(AthenaQueryOperator):
    """Have Athena evaluate a run on the snapshots of its branches, and keep the results for its publication to see.

    For runs that come so often that Spark's start would take most of their time. The query gives a row per expectation:
    `table_name`, `column_name`, `description`, `severity`, and `violations`, which is 0 where it holds. Fails without a
    retry when a critical one does not hold.

    :param script: a .sql file, rendered with `document`, that of the run
    :param run: the run
    :param dataset: the name of what is audited, the metric's dimension
    :param bucket: the lake's bucket
    """

    aws_hook_class = AthenaRowsHook
    template_fields = (*aws_template_fields("bucket", "run"), "database", "workgroup", "output_location")

    def __init__(self, *, script: str, run: str, dataset: str, bucket: str, **kwargs: Any) -> None:
        super().__init__(query=script, **kwargs)
        self.script = script
        self.run = run
        self.dataset = dataset
        self.bucket = bucket

    @property
    def _hook_arguments(self) -> dict[str, Any]:
        """What another hook of the same connection is made with; Athena's takes more."""
        return {
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
            "verify": self.verify,
            "config": self.botocore_config,
        }

    @override
    def execute(self, context: Context) -> dict[str, int]:
        lake = LakeHook(**self._hook_arguments)
        document = lake.read_json(self.bucket, run_document_key(self.run))
        self.query = self.render_template(self.script, {**context, "document": document})
        results = [_result(row) for row in self.hook.rows(super().execute(context))]
        audit = {"run": self.run, "results": results, "summary": _summary(results), "has_data_docs": False}
        lake.load_string(json.dumps(audit, indent=2), quality_results_key(self.run), self.bucket, replace=True)
        score = 100 * audit["summary"]["passed"] / audit["summary"]["evaluated"]
        metrics = [metric("QualityScore", score, "Percent", Dataset=self.dataset)]
        MetricsHook(**self._hook_arguments).send(metrics)
        for result in results:
            self.log.info("%(table)s: %(description)s: %(observed)s violations", result)
        if failed := critical_failures(audit):
            sentences = "; ".join(f"{result['description']} ({result['observed']} do not)" for result in failed)
            raise AirflowFailException(f"Run {self.run} is not published, critical expectations failed: {sentences}.")
        return audit["summary"]


def _result(row: dict[str, str | None]) -> dict[str, Any]:
    violations = int(row["violations"] or 0)
    return {
        "table": row["table_name"],
        "column": row["column_name"],
        "description": row["description"],
        "severity": row["severity"],
        "is_successful": violations == 0,
        "observed": str(violations),
    }


def _summary(results: list[dict[str, Any]]) -> dict[str, int]:
    failed = [result["severity"] for result in results if not result["is_successful"]]
    return {
        "evaluated": len(results),
        "passed": len(results) - len(failed),
        "failed_critical": failed.count("critical"),
        "failed_warning": failed.count("warning"),
    }
