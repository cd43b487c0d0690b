"""A bucket, a database and a workgroup for Athena tests, through the endpoint's API alone."""

import io
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.client import BaseClient

WAIT_SECONDS = 60


@dataclass
class Lake:
    """Runs SQL in a database of its own. `run` fails the test when the query fails."""

    athena: BaseClient
    glue: BaseClient
    s3: BaseClient
    bucket: str
    database: str

    @classmethod
    def create(cls, aws: Callable[..., BaseClient]) -> "Lake":
        name = f"lake{uuid.uuid4().hex[:12]}"
        lake = cls(aws("athena"), aws("glue"), aws("s3"), name, name)
        lake.s3.create_bucket(Bucket=name)
        lake.glue.create_database(DatabaseInput={"Name": name})
        return lake

    def url(self, prefix: str) -> str:
        return f"s3://{self.bucket}/{prefix}"

    def start(self, sql: str, **options: Any) -> str:
        options.setdefault("ResultConfiguration", {"OutputLocation": self.url("results/")})
        options.setdefault("QueryExecutionContext", {"Database": self.database})
        return self.athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"]

    def wait(self, query_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            execution = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return execution
            time.sleep(0.01)
        raise TimeoutError(f"Query {query_id} did not end")

    def execute(self, sql: str, **options: Any) -> dict[str, Any]:
        execution = self.wait(self.start(sql, **options))
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        return execution

    def failure(self, sql: str, **options: Any) -> str:
        execution = self.wait(self.start(sql, **options))
        assert execution["Status"]["State"] == "FAILED"
        return execution["Status"]["StateChangeReason"]

    def results(self, query_id: str) -> list[list[str | None]]:
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        return [
            [field.get("VarCharValue") for field in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]

    def rows(self, sql: str, **options: Any) -> list[list[str | None]]:
        """The rows of a SELECT, without its header."""
        return self.results(self.execute(sql, **options)["QueryExecutionId"])[1:]

    def lines(self, sql: str) -> list[str]:
        """The output of a SHOW, DESCRIBE or EXPLAIN."""
        return [row[0] for row in self.results(self.execute(sql)["QueryExecutionId"])]

    def value(self, expression: str) -> str | None:
        [[value]] = self.rows(f"SELECT {expression}")
        return value

    def scanned_bytes(self, sql: str) -> int:
        return self.execute(sql)["Statistics"]["DataScannedInBytes"]

    def put(self, key: str, body: bytes | str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def put_parquet(self, key: str, table: pa.Table, **options: Any) -> pq.FileMetaData:
        buffer = io.BytesIO()
        pq.write_table(table, buffer, **options)
        self.put(key, buffer.getvalue())
        return pq.read_metadata(buffer)

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]
