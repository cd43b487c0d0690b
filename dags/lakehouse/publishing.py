"""The way of a dataset to its readers: written to a branch, audited there, and published."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import XComArg, chain
from lakehouse_aws.glue.script import GlueScriptOperator
from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.quality.gate import QualityGateOperator
from lakehouse_aws.quality.ruleset import EvaluateRulesetOperator

from lakehouse.assets import dataset_assets
from lakehouse.settings import CANDIDATE_DATABASE, GLUE_DATABASE, LakehouseSettings
from lakehouse_contract.datasets import Dataset
from lakehouse_contract.quality import QUALITY_PREFIX

AUDIT_JOB = "audit-dataset"


def write_audit_publish(
    dataset: Dataset,
    *,
    transform_job: str,
    script_args: Mapping[str, Any],
    settings: LakehouseSettings,
    audit_args: Mapping[str, Any] | None = None,
    rulesets: Mapping[str, str] | None = None,
) -> XComArg:
    """The tasks transform, audit, quality_gate and publish; returns the tag of what is published.

    Beside the audit there is a task for each ruleset of Glue Data Quality, which publish waits for, too.

    :param transform_job: the Glue job that writes every table of the dataset to a branch of its run
    :param script_args: arguments of the transform besides `--run_id`
    :param audit_args: arguments of the audit besides the dataset and the run
    :param rulesets: names of rulesets by the table that they are of
    """
    transform = GlueScriptOperator(
        task_id="transform",
        job_name=transform_job,
        script_args={"--run_id": "{{ run_id }}", **script_args},
        pool=dataset.pool,
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=2),
    )
    run = transform.output

    quality_gate = audit_run(dataset, run, settings, audit_args)

    publish = PublishRunOperator(
        task_id="publish",
        run=run,
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        dimensions=dataset.dimensions,
        facts=dataset.facts,
        pool=dataset.pool,
        outlets=dataset_assets(dataset, settings),
    )

    chain(transform, quality_gate, publish)
    for table, ruleset in (rulesets or {}).items():
        transform >> evaluate_ruleset(ruleset, table, run, settings) >> publish
    return publish.output


def audit_run(
    dataset: Dataset, run: XComArg, settings: LakehouseSettings, audit_args: Mapping[str, Any] | None = None
) -> QualityGateOperator:
    """The tasks audit and quality_gate, of which the second stops a run that the first found to be wrong.

    :param run: id of the Glue job run that wrote the dataset's branches
    :param audit_args: arguments of the audit besides the dataset and the run
    """
    audit = GlueScriptOperator(
        task_id="audit",
        job_name=AUDIT_JOB,
        script_args={"--dataset": dataset.name, "--run": run, **(audit_args or {})},
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=1),
    )
    quality_gate = QualityGateOperator(
        task_id="quality_gate",
        bucket=settings.lake_bucket,
        run=run,
        dataset=dataset.name,
        data_docs_base_url=settings.data_docs_base_url,
    )
    audit >> quality_gate
    return quality_gate


def evaluate_ruleset(ruleset: str, table: str, run: XComArg, settings: LakehouseSettings) -> EvaluateRulesetOperator:
    """A task that fails when a rule does not hold of what the run wrote; it leaves its results beside the audit's."""
    results = f"s3://{settings.lake_bucket}/{QUALITY_PREFIX}rulesets/"
    return EvaluateRulesetOperator(
        task_id=f"evaluate_{table}",
        ruleset=ruleset,
        table=table,
        run=run,
        bucket=settings.lake_bucket,
        database=GLUE_DATABASE,
        candidate_database=CANDIDATE_DATABASE,
        role_of_job=AUDIT_JOB,
        number_of_workers=2,
        rule_set_evaluation_run_kwargs={
            "AdditionalRunOptions": {"CloudWatchMetricsEnabled": True, "ResultsS3Prefix": results}
        },
        poll_interval=settings.poll_interval_seconds,
        execution_timeout=timedelta(hours=1),
    )
