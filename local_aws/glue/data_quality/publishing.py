"""Brings results to where AWS brings them: files in S3, and metrics in CloudWatch.

Source of the files' fields and partitions and of the names of metrics: AWS Glue developer guide,
data-quality-alerts.html.
Metrics of evaluation runs have the dimensions Ruleset, Table, Database and CatalogId.
"""

import json
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from local_aws import access
from local_aws.access.objects import authorize_object
from local_aws.glue.data_quality.evaluation.outcome import PASS
from local_aws.glue.data_quality.model import LocalEvaluationRun, LocalResult
from local_aws.storage import atomic_file, bucket_directory, local_path, split_s3_url

NAMESPACE = "Glue Data Quality"


class PublishingError(Exception):
    """Results that cannot be written to where they were asked for."""


def publish(run: LocalEvaluationRun, results: list[LocalResult], account_id: str, region_name: str) -> None:
    """Raises PublishingError."""
    for result in results:
        ruleset = f"arn:aws:glue:{region_name}:{account_id}:dataQualityRuleset/{result.ruleset_name}"
        access.authorize("glue:PublishDataQuality", ruleset)
    options = run.request.get("AdditionalRunOptions") or {}
    if options.get("ResultsS3Prefix"):
        _write_file(run, results, options["ResultsS3Prefix"], account_id)
    if options.get("CloudWatchMetricsEnabled"):
        access.authorize("cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": NAMESPACE})
        _put_metrics(run, results, account_id, region_name)


def _write_file(run: LocalEvaluationRun, results: list[LocalResult], prefix: str, account_id: str) -> None:
    bucket, _ = split_s3_url(prefix)
    if not bucket_directory(bucket).is_dir():
        raise PublishingError(f"The bucket {bucket} of ResultsS3Prefix does not exist.")
    day = f"{run.started_on:year=%Y/month=%m/day=%d}"
    lines = [line for result in results for line in _lines(run, result, account_id)]
    try:
        path = local_path(f"{prefix.rstrip('/')}/{day}/{run.run_id}.jsonl")
    except ValueError as error:
        raise PublishingError(f"ResultsS3Prefix: {error}") from error
    authorize_object("s3:PutObject", f"{prefix.rstrip('/')}/{day}/{run.run_id}.jsonl")
    with atomic_file(path) as temporary:
        temporary.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def _lines(run: LocalEvaluationRun, result: LocalResult, account_id: str) -> list[dict[str, Any]]:
    common = {
        "catalogId": account_id,
        "databaseName": run.table["DatabaseName"],
        "tableName": run.table["TableName"],
        "dqRunId": run.run_id,
        "evaluationStartedOn": _timestamp(result.started_on),
        "evaluationCompletedOn": _timestamp(result.completed_on),
    }
    return [
        common
        | {"rule": text, "outcome": "Passed" if outcome.result == PASS else "Failed"}
        | ({"failureReason": outcome.message} if outcome.message else {})
        | {"evaluatedMetrics": outcome.metrics}
        for text, outcome in result.outcomes
    ]


def _timestamp(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def _put_metrics(run: LocalEvaluationRun, results: list[LocalResult], account_id: str, region_name: str) -> None:
    metrics = []
    for result in results:
        dimensions = [
            {"Name": "CatalogId", "Value": account_id},
            {"Name": "Database", "Value": run.table["DatabaseName"]},
            {"Name": "Table", "Value": run.table["TableName"]},
            {"Name": "Ruleset", "Value": result.ruleset_name},
        ]
        for outcome, count in (("passed", result.passed), ("failed", result.failed)):
            metrics.append(
                {
                    "MetricName": f"glue.data.quality.rules.{outcome}",
                    "Dimensions": dimensions,
                    "Timestamp": result.completed_on,
                    "Value": count,
                }
            )
    cloudwatch_backends[account_id][region_name].put_metric_data(NAMESPACE, metrics)
