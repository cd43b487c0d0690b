"""What the DAGs are told by their environment.

It is read when a DAG file is parsed. A required setting that is missing does not break the parsing: the DAG is shown,
and each of its tasks fails saying what is missing (`lakehouse.defaults`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

GLUE_DATABASE = "financial_data_db"
# Of tables as a run wrote them, to be looked at before they are published.
CANDIDATE_DATABASE = "financial_candidates_db"
ATHENA_WORKGROUP = "lakehouse"
REDSHIFT_DATABASE = "warehouse"
REQUIRED = (
    "LAKEHOUSE_LAKE_BUCKET",
    "LAKEHOUSE_RAW_BUCKET",
    "LAKEHOUSE_ATHENA_RESULTS_BUCKET",
    "LAKEHOUSE_DATA_DOCS_BUCKET",
)
NOT_SET = "not-set"
# The options that are numbers, with their defaults.
NUMBERS = {
    "LAKEHOUSE_POLL_INTERVAL_SECONDS": 30,
    "LAKEHOUSE_VERSION_RETENTION_DAYS": 14,
    "LAKEHOUSE_ARRIVALS_SETTLE_SECONDS": 10,
    "LAKEHOUSE_ARRIVALS_STRAY_SECONDS": 3600,
    "LAKEHOUSE_ARRIVALS_MAX_REJECT_SHARE": 0.05,
}


@dataclass(frozen=True)
class LakehouseSettings:
    """Where the lake and the raw files lie, how patiently its jobs are watched, and how arriving files are taken."""

    lake_bucket: str
    raw_bucket: str
    athena_results_bucket: str
    data_docs_bucket: str
    alerts_topic_arn: str | None
    redshift_workgroup: str | None
    redshift_role_arn: str | None
    poll_interval_seconds: int
    version_retention_days: int
    data_docs_base_url: str
    arrivals_queue_url: str | None
    arrivals_settle_seconds: int
    arrivals_stray_seconds: int
    arrivals_max_reject_share: float
    trades_stream: str | None
    problem: str | None

    @property
    def athena_output_location(self) -> str:
        return f"s3://{self.athena_results_bucket}/results/"

    @property
    def redshift_iam_role(self) -> str:
        """The operand of COPY's IAM_ROLE: a quoted ARN, or the workgroup's default role."""
        return f"'{self.redshift_role_arn}'" if self.redshift_role_arn else "default"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "LakehouseSettings":
        """`problem` names every variable that is missing though required, or is no number though it has to be one."""
        given = {name: _number(environment.get(name), default) for name, default in NUMBERS.items()}
        wrong = [name for name, number in given.items() if number is None]
        numbers = given | {name: NUMBERS[name] for name in wrong}
        data_docs_bucket = environment.get("LAKEHOUSE_DATA_DOCS_BUCKET") or NOT_SET
        return cls(
            lake_bucket=environment.get("LAKEHOUSE_LAKE_BUCKET") or NOT_SET,
            raw_bucket=environment.get("LAKEHOUSE_RAW_BUCKET") or NOT_SET,
            athena_results_bucket=environment.get("LAKEHOUSE_ATHENA_RESULTS_BUCKET") or NOT_SET,
            data_docs_bucket=data_docs_bucket,
            alerts_topic_arn=environment.get("LAKEHOUSE_ALERTS_TOPIC_ARN") or None,
            redshift_workgroup=environment.get("LAKEHOUSE_REDSHIFT_WORKGROUP") or None,
            redshift_role_arn=environment.get("LAKEHOUSE_REDSHIFT_ROLE_ARN") or None,
            poll_interval_seconds=numbers["LAKEHOUSE_POLL_INTERVAL_SECONDS"],
            version_retention_days=numbers["LAKEHOUSE_VERSION_RETENTION_DAYS"],
            data_docs_base_url=_data_docs_base_url(environment.get("LAKEHOUSE_DATA_DOCS_BASE_URL"), data_docs_bucket),
            arrivals_queue_url=environment.get("LAKEHOUSE_ARRIVALS_QUEUE_URL") or None,
            arrivals_settle_seconds=numbers["LAKEHOUSE_ARRIVALS_SETTLE_SECONDS"],
            arrivals_stray_seconds=numbers["LAKEHOUSE_ARRIVALS_STRAY_SECONDS"],
            arrivals_max_reject_share=numbers["LAKEHOUSE_ARRIVALS_MAX_REJECT_SHARE"],
            trades_stream=environment.get("LAKEHOUSE_TRADES_STREAM") or None,
            problem=_problem(environment, wrong),
        )


def lakehouse_settings() -> LakehouseSettings:
    return LakehouseSettings.from_environment(os.environ)


def _number(text: str | None, default: float) -> float | None:
    """The number that a text says, of the default's type; the default for no text, None for what is no such number."""
    try:
        number = type(default)(text) if text else default
    except ValueError:
        return None
    return number if number >= 0 else None


def _problem(environment: Mapping[str, str], wrong: list[str]) -> str | None:
    sentences = [f"{name} is {environment[name]!r}: set it to a number that is not negative." for name in wrong]
    missing = [name for name in REQUIRED if not environment.get(name)]
    if missing:
        sentences.append(
            f"{' and '.join(missing)} not set: give the Airflow environment the bucket names "
            "that the CloudFormation stack has as outputs."
        )
    return " ".join(sentences) or None


def _data_docs_base_url(configured: str | None, bucket: str) -> str:
    """What an object's key is appended to; by default the object's page in the S3 console."""
    if configured:
        return f"{configured.rstrip('/')}/"
    return f"https://s3.console.aws.amazon.com/s3/object/{bucket}?prefix="
