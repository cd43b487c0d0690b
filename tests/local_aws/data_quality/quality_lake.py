"""A lake with a role, whose tables rulesets are evaluated on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from botocore.client import BaseClient

from tests.conftest import Endpoint
from tests.local_aws.athena.iceberg_lake import IcebergLake
from tests.roles import make_role

WAIT_SECONDS = 60


@dataclass
class QualityLake(IcebergLake):
    role: str = ""

    @classmethod
    def over(cls, endpoint: Endpoint, aws: Callable[..., BaseClient]) -> "QualityLake":
        lake = super().over(endpoint, aws)
        lake.role = f"quality-{lake.bucket}"
        make_role(aws("iam"), lake.role)
        return lake

    def put_hive_table(self, name: str, rows: pa.Table, columns: dict[str, str], keys: dict[str, str] | None = None):
        """A Parquet table of the catalog; its files lie in the folders that are put with `put_parquet`."""
        self.put_parquet(f"{name}/rows.parquet", rows)
        self.declare(name, "ParquetHiveSerDe", columns, keys or {})

    def declare(self, name: str, serde: str, columns: dict[str, str], keys: dict[str, str], **parameters: str):
        described = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys.items()],
            "StorageDescriptor": {
                "Location": self.url(f"{name}/"),
                "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                "SerdeInfo": {"SerializationLibrary": f"org.apache.hadoop.hive.serde2.{serde}"},
            },
        }
        self.glue.create_table(DatabaseName=self.database, TableInput=described)

    def source(self, table: str, **options: Any) -> dict[str, Any]:
        return {"GlueTable": {"DatabaseName": self.database, "TableName": table, **options}}

    def create_ruleset(self, *rules: str) -> str:
        name = f"rules-{time.monotonic_ns()}"
        self.glue.create_data_quality_ruleset(Name=name, Ruleset=f"Rules = [{', '.join(rules)}]")
        return name

    def start_run(self, table: str, *rulesets: str, **options: Any) -> str:
        request = {"DataSource": self.source(table), "Role": self.role, "RulesetNames": list(rulesets)}
        return self.glue.start_data_quality_ruleset_evaluation_run(**request | options)["RunId"]

    def ended_run(self, run_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            run = self.glue.get_data_quality_ruleset_evaluation_run(RunId=run_id)
            if run["Status"] not in {"STARTING", "RUNNING", "STOPPING"}:
                return run
            time.sleep(0.02)
        raise TimeoutError(f"The run {run_id} did not end")

    def evaluate(self, table: str, *rules: str, **options: Any) -> dict[str, Any]:
        """The result of these rules on the table."""
        run = self.ended_run(self.start_run(table, self.create_ruleset(*rules), **options))
        assert run["Status"] == "SUCCEEDED", run.get("ErrorString")
        [result_id] = run["ResultIds"]
        return self.glue.get_data_quality_result(ResultId=result_id)
