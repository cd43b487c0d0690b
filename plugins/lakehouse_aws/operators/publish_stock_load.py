"""Makes a load of stock prices part of the table."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk import Context
from typing_extensions import override

from lakehouse_aws.hooks.stock_commits import StockCommitsHook

ROW_COUNTS = ("rows_in", "rows_out", "rows_rejected")


class PublishStockLoadOperator(AwsBaseOperator[StockCommitsHook]):
    """Commit a load, bring catalog, ledger and files in line, and remove loads that nobody reads any more.

    Returns `load`, `commit`, the counts `files`, `duplicates`, `quarantined`, `rows_in`, `rows_out`, `rows_rejected`
    and the job's `seconds`.

    :param bucket: the lake's bucket
    :param database: the Glue database
    :param load: id of a complete load
    :param retention: age at which a load that was replaced is removed
    """

    aws_hook_class = StockCommitsHook
    template_fields = aws_template_fields("bucket", "database", "load")

    def __init__(self, *, bucket: str, database: str, load: str, retention: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.database = database
        self.load = load
        self.retention = retention

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "bucket": self.bucket, "database": self.database}

    @override
    def execute(self, context: Context) -> dict[str, Any]:
        manifest = self.hook.manifest(self.load)
        commit = self.hook.publish(self.load)
        for file in manifest["files"]:
            self.log.info("%s: %s %s", file["name"], file["status"], file["reason"] or f"{file['rows_out']} rows")
        expired = self.hook.expire(datetime.now(UTC) - self.retention)
        self.log.info("Removed loads: %s", ", ".join(expired) or "none")
        return {"load": self.load, "commit": commit["commit"], **summary(manifest)}


def summary(manifest: dict[str, Any]) -> dict[str, Any]:
    files = manifest["files"]
    took = datetime.fromisoformat(manifest["finished_at"]) - datetime.fromisoformat(manifest["started_at"])
    return {
        "files": len(files),
        "duplicates": sum(file["status"] == "duplicate" for file in files),
        "quarantined": sum(file["status"] == "quarantined" for file in files),
        **{count: sum(file[count] for file in files) for count in ROW_COUNTS},
        "seconds": round(took.total_seconds(), 1),
    }
