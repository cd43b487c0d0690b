"""What no table says: the state of the lake, from the catalog, the documents of the runs, Glue and CloudWatch."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError

from dashboard_api.results import Column, JsonValue, moment_text
from lakehouse_contract.arrivals.kinds import ALL_ARRIVALS
from lakehouse_contract.branches import PUBLISHED_AT_PROPERTY, PUBLISHED_PROPERTY, run_of
from lakehouse_contract.datasets import DATASETS, Dataset
from lakehouse_contract.quality import data_docs_key, quality_results_key

Rows = list[list[JsonValue]]
Answer = tuple[tuple[Column, ...], Rows]

GLUE_JOBS = (
    "transform-to-star-schema",
    "audit-dataset",
    "stock-csv-to-parquet",
    "market-data-to-ohlcv",
    "aggregate-regional-sales",
    "maintain-lakehouse-tables",
)
RUNS_PER_JOB = 5
# Of files that wait, as many as one page of S3's list: more are told as so many.
MOST_LISTED_FILES = 1000
# Each with how an hour's values become one.
METRICS = {"QualityScore": "Minimum", "UnreconciledTables": "Maximum"}
METRIC_NAMESPACE = "Lakehouse"
METRIC_DAYS = 30
_THREADS = 8


class LakeState:
    """Answers the state queries by their sources' names."""

    def __init__(self, lake_bucket: str, database: str) -> None:
        self.lake_bucket = lake_bucket
        self.database = database

    @classmethod
    def from_environment(cls) -> "LakeState":
        return cls(os.environ["LAKEHOUSE_LAKE_BUCKET"], os.environ["LAKEHOUSE_GLUE_DATABASE"])

    def answer(self, source: str) -> Answer:
        sources: dict[str, Callable[[], Answer]] = {
            "published_tables": self.published_tables,
            "audits": self.audits,
            "job_runs": self.job_runs,
            "waiting_files": self.waiting_files,
            "metrics": self.metrics,
        }
        return sources[source]()

    @cached_property
    def glue(self) -> Any:
        return boto3.client("glue")

    @cached_property
    def s3(self) -> Any:
        return boto3.client("s3")

    @cached_property
    def cloudwatch(self) -> Any:
        return boto3.client("cloudwatch")

    def published_tables(self) -> Answer:
        """Every declared table: its rows and bytes, and when what it holds was published; NULL where nothing is."""
        names = [(dataset.name, table) for dataset in DATASETS for table in dataset.tables]
        with ThreadPoolExecutor(_THREADS) as threads:
            found = threads.map(self._published, [table for _, table in names])
        rows = [[dataset, table, *values] for (dataset, table), values in zip(names, found, strict=True)]
        return _columns(
            dataset="varchar", table_name="varchar", published_at="timestamp", row_count="bigint", size_bytes="bigint"
        ), rows

    def audits(self) -> Answer:
        """The audit of what is published, of each dataset that has one; `data_docs` is the key of its page, or None."""
        with ThreadPoolExecutor(_THREADS) as threads:
            found = [row for row in threads.map(self._audit, DATASETS) if row]
        return _columns(
            dataset="varchar",
            published_at="timestamp",
            evaluated="integer",
            passed="integer",
            failed_critical="integer",
            failed_warning="integer",
            score_percent="double",
            data_docs="varchar",
        ), found

    def job_runs(self) -> Answer:
        """The newest first; of their errors nothing is told, which may show data."""
        with ThreadPoolExecutor(_THREADS) as threads:
            runs = [run for found in threads.map(self._runs_of_job, GLUE_JOBS) for run in found]
        runs.sort(key=lambda run: run["StartedOn"], reverse=True)
        rows: Rows = [
            [run["JobName"], moment_text(run["StartedOn"]), run.get("ExecutionTime"), run["JobRunState"]]
            for run in runs
        ]
        return _columns(job="varchar", started_at="timestamp", seconds="integer", state="varchar"), rows

    def waiting_files(self) -> Answer:
        rows = [[arrivals.name, *self._waiting_below(arrivals.landing_prefix)] for arrivals in ALL_ARRIVALS]
        return _columns(kind="varchar", files="integer", oldest_at="timestamp", has_more="boolean"), rows

    def metrics(self) -> Answer:
        """A row per metric, dataset and hour in which it was measured: the worst value."""
        end = datetime.now(UTC)
        series = [(name, statistic, dataset.name) for name, statistic in METRICS.items() for dataset in DATASETS]
        answer = self.cloudwatch.get_metric_data(
            StartTime=end - timedelta(days=METRIC_DAYS),
            EndTime=end,
            ScanBy="TimestampAscending",
            MetricDataQueries=[
                {
                    "Id": f"metric{place}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": METRIC_NAMESPACE,
                            "MetricName": name,
                            "Dimensions": [{"Name": "Dataset", "Value": dataset}],
                        },
                        "Period": 3600,
                        "Stat": statistic,
                    },
                }
                for place, (name, statistic, dataset) in enumerate(series)
            ],
        )
        by_id = {found["Id"]: found for found in answer["MetricDataResults"]}
        rows: Rows = [
            [name, dataset, moment_text(moment), value]
            for place, (name, _, dataset) in enumerate(series)
            for moment, value in zip(*(by_id[f"metric{place}"][part] for part in ("Timestamps", "Values")), strict=True)
        ]
        return _columns(metric="varchar", dataset="varchar", measured_at="timestamp", value="double"), rows

    def _published(self, table: str) -> list[JsonValue]:
        metadata = self._metadata(table)
        if metadata is None or PUBLISHED_AT_PROPERTY not in metadata.get("properties", {}):
            return [None, None, None]
        main = metadata.get("current-snapshot-id")
        summary = next(
            (snapshot["summary"] for snapshot in metadata.get("snapshots", []) if snapshot["snapshot-id"] == main), {}
        )
        return [
            _moment(metadata["properties"]),
            _count(summary.get("total-records")),
            _count(summary.get("total-files-size")),
        ]

    def _audit(self, dataset: Dataset) -> list[JsonValue] | None:
        properties = (self._metadata(dataset.tables[0]) or {}).get("properties", {})
        tag = properties.get(PUBLISHED_PROPERTY)
        audit = self._document(quality_results_key(run_of(tag))) if tag else None
        if audit is None:
            return None
        summary = audit["summary"]
        return [
            dataset.name,
            _moment(properties),
            summary["evaluated"],
            summary["passed"],
            summary["failed_critical"],
            summary["failed_warning"],
            100 * summary["passed"] / summary["evaluated"] if summary["evaluated"] else None,
            data_docs_key(run_of(tag)) if audit.get("has_data_docs", True) else None,
        ]

    def _metadata(self, table: str) -> dict[str, Any] | None:
        """Iceberg's metadata of a table, as the catalog has it; None for a table that there is not."""
        try:
            entry = self.glue.get_table(DatabaseName=self.database, Name=table)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None
        location = entry.get("Parameters", {}).get("metadata_location", "")
        _, _, key = location.removeprefix("s3://").partition("/")
        return self._document(key) if key else None

    def _document(self, key: str) -> dict[str, Any] | None:
        try:
            return json.loads(self.s3.get_object(Bucket=self.lake_bucket, Key=key)["Body"].read())
        except ClientError as error:
            # Without the right to list, S3 answers 403 for a key that there is not.
            if error.response["Error"]["Code"] in {"NoSuchKey", "AccessDenied"}:
                return None
            raise

    def _runs_of_job(self, job: str) -> list[dict[str, Any]]:
        try:
            return self.glue.get_job_runs(JobName=job, MaxResults=RUNS_PER_JOB)["JobRuns"]
        except self.glue.exceptions.EntityNotFoundException:
            return []

    def _waiting_below(self, prefix: str) -> list[JsonValue]:
        page = self.s3.list_objects_v2(Bucket=self.lake_bucket, Prefix=prefix, MaxKeys=MOST_LISTED_FILES)
        files = [item for item in page.get("Contents", []) if not item["Key"].endswith("/")]
        oldest = min((item["LastModified"] for item in files), default=None)
        return [len(files), moment_text(oldest) if oldest else None, page["IsTruncated"]]


def _columns(**types: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in types.items())


def _moment(properties: dict[str, str]) -> str:
    return moment_text(datetime.fromisoformat(properties[PUBLISHED_AT_PROPERTY]))


def _count(text: str | None) -> int | None:
    return int(text) if text else None
