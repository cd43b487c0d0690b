"""A small star schema in the lake, and the operators that serve it from Athena's engine and from Redshift's."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.sdk import DAG
from jinja2 import Environment, FileSystemLoader
from lakehouse.macros import PUBLISH_TASK, sql_macros
from lakehouse.serving import REDSHIFT_SCRIPTS
from lakehouse.settings import REDSHIFT_DATABASE, LakehouseSettings
from lakehouse_aws.hooks.athena_rows import AthenaRowsHook
from lakehouse_aws.operators.athena_query import AthenaQueryOperator
from lakehouse_aws.operators.publish_snapshot import PublishSnapshotOperator
from lakehouse_aws.redshift.script import RedshiftScriptOperator
from lakehouse_glue.star_schema.snapshot import TABLES

from tests.airflow_support import TaskInstance, run_operator

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
PARTITION_KEYS = ("year", "month")
SNAPSHOT = "jr_1"
ARROW_TYPES = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "decimal(18,2)": pa.decimal128(18, 2),
}
JANUARY, FEBRUARY = datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
CUSTOMERS = [
    {"customer_key": -1},
    {"customer_key": 1, "customer_id": 1, "name": "Zoë 🌍", "email": "tok_1", "is_active": True, "created_at": JANUARY},
    {"customer_key": 2, "customer_id": 2, "name": "عمر", "email": "tok_2"},
]
ACCOUNTS = [{"account_key": -1, "customer_key": -1}, {"account_key": 7, "account_id": 7, "customer_key": 1}]


def calendar_row(day: date) -> dict:
    iso_year, iso_week, weekday = day.isocalendar()
    return {
        "date_key": int(day.strftime("%Y%m%d")),
        "calendar_date": day,
        "year": day.year,
        "quarter": 1,
        "month": day.month,
        "day_of_month": day.day,
        "iso_year": iso_year,
        "iso_week": iso_week,
        "day_of_week": weekday,
        "day_name": day.strftime("%A"),
        "month_name": day.strftime("%B"),
        "is_weekend": weekday > 5,
        "is_month_end": day.day == 31,
    }


def fact(transaction: int, customer: int, amount: str, at: datetime, events: int, **more) -> dict:
    return {
        "transaction_key": transaction,
        "transaction_id": transaction,
        "customer_key": customer,
        "account_key": 7,
        "date_key": int(at.strftime("%Y%m%d")),
        "currency_code": "EUR",
        "transaction_type": "payment",
        "amount": Decimal(amount),
        "occurred_at": at,
        "event_count": events,
        "year": at.year,
        "month": at.month,
        **more,
    }


FACTS = [
    fact(1, 1, "10.50", JANUARY, 2, risk_score=0.25, first_event_at=JANUARY, last_event_at=FEBRUARY),
    fact(2, 1, "-3.25", FEBRUARY, 1),
    fact(3, 2, "99999999999999.99", FEBRUARY, 0),
    fact(4, -1, "1.00", FEBRUARY, 0),
]
REJECT = {
    "source": "transactions",
    "source_key": "9",
    "reason": "amount_missing",
    "column_name": "amount",
    "raw_row": '{"transaction_id": 9, "merchant_name": "it\'s; \\"quoted\\""}',
    "snapshot_id": SNAPSHOT,
    "rejected_at": JANUARY,
}
STAR_SCHEMA = {
    "dim_customers": CUSTOMERS,
    "dim_accounts": ACCOUNTS,
    "dim_dates": [calendar_row(date(2026, 1, 31)), calendar_row(date(2026, 2, 1))],
    "fact_transactions": FACTS,
    "rejects": [REJECT],
}
SOURCES = {
    "customers": {"rows": 2, "rejected_rows": 0},
    "accounts": {"rows": 1, "rejected_rows": 0},
    "transactions": {"rows": 5, "rejected_rows": 1},
    "transaction_events": {"rows": 3, "rejected_rows": 0},
}


def file_columns(table: str) -> dict[str, str]:
    """Columns of a table's Parquet files: the partition keys are in their path."""
    keys = PARTITION_KEYS if table == "fact_transactions" else ()
    return {name: kind for name, kind in TABLES[table].items() if name not in keys}


class Lake:
    """A bucket with the star schema, its catalog database, a workgroup of each engine, and their operators."""

    def __init__(self, aws: Callable) -> None:
        self.aws = aws
        self.name = f"serving-{uuid4().hex[:8]}"
        self.database = self.name.replace("-", "_")
        aws("s3").create_bucket(Bucket=self.name)
        aws("glue").create_database(DatabaseInput={"Name": self.database})
        configuration = {"ResultConfiguration": {"OutputLocation": f"s3://{self.name}/results/"}}
        aws("athena").create_work_group(Name=self.name, Configuration=configuration)
        role = "arn:aws:iam::123456789012:role/redshift"
        serverless = aws("redshift-serverless")
        serverless.create_namespace(
            namespaceName=self.name, dbName=REDSHIFT_DATABASE, iamRoles=[role], defaultIamRoleArn=role
        )
        serverless.create_workgroup(workgroupName=self.name, namespaceName=self.name)
        self.settings = LakehouseSettings.from_environment(
            {
                "LAKEHOUSE_LAKE_BUCKET": self.name,
                "LAKEHOUSE_ATHENA_RESULTS_BUCKET": self.name,
                "LAKEHOUSE_REDSHIFT_WORKGROUP": self.name,
                "LAKEHOUSE_POLL_INTERVAL_SECONDS": "1",
            }
        )
        self.published = {}

    def put(self, key: str, rows: list[dict], columns: dict[str, str]) -> None:
        schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in columns.items()])
        buffer = BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer)
        self.aws("s3").put_object(Bucket=self.name, Key=key, Body=buffer.getvalue())

    def write_snapshot(self, tables: dict[str, list[dict]], snapshot: str) -> None:
        entries = {}
        for table, rows in tables.items():
            folder = f"analytics/{table}/snapshot={snapshot}/"
            partitioned = table == "fact_transactions"
            for month in sorted({row["month"] for row in rows}) if partitioned else [None]:
                partition = f"year=2026/month={month}/" if partitioned else ""
                of_month = [row for row in rows if not partitioned or row["month"] == month]
                self.put(f"{folder}{partition}part-0.parquet", of_month, file_columns(table))
            # Hadoop's S3A file system leaves an object of no bytes for a folder.
            self.aws("s3").put_object(Bucket=self.name, Key=folder)
            entries[table] = {
                "location": f"s3://{self.name}/{folder}",
                "rows": len(rows),
                "columns": [{"name": name, "type": kind} for name, kind in file_columns(table).items()],
                "partition_keys": [{"name": key, "type": "int"} for key in PARTITION_KEYS] if partitioned else [],
                "projection": {"year": [2026, 2026], "month": [1, 12]} if partitioned else {},
            }
        amount = sum(row["amount"] for row in tables["fact_transactions"])
        sums = {"fact_transactions.amount": str(amount)}
        manifest = {"snapshot": snapshot, "sources": SOURCES, "tables": entries, "sums": sums}
        key = f"analytics/_manifests/{snapshot}.json"
        self.aws("s3").put_object(Bucket=self.name, Key=key, Body=json.dumps(manifest))
        self.manifest = manifest

    def publish(self, tables: dict[str, list[dict]], snapshot: str) -> None:
        self.write_snapshot(tables, snapshot)
        operator = PublishSnapshotOperator(
            task_id="publish", bucket=self.name, database=self.database, snapshot=snapshot
        )
        self.published = run_operator(operator, {"ti": TaskInstance()})

    def run(self, operator_class: type, **arguments: Any) -> Any:
        """Render and run an operator as a task of a DAG of the project would be."""
        macros = sql_macros(self.settings)
        with DAG("serving", schedule=None, template_searchpath=str(DAGS_FOLDER), user_defined_macros=macros):
            operator = operator_class(task_id="task", **arguments)
        context = {"ti": TaskInstance({PUBLISH_TASK: self.published}), "task": operator} | macros
        operator.render_template_fields(context)
        return run_operator(operator, context)

    def athena(self, query: str, operator_class: type = AthenaQueryOperator, **options) -> str:
        return self.run(
            operator_class, query=query, database=self.database, workgroup=self.name, sleep_time=1, **options
        )

    def athena_rows(self, query: str) -> list[dict[str, str | None]]:
        return AthenaRowsHook().rows(self.athena(query))

    def load_redshift(self, workgroup_name: str | None = None, scripts: list[str] = REDSHIFT_SCRIPTS) -> list[str]:
        return self.run(
            RedshiftScriptOperator,
            scripts=scripts,
            database=REDSHIFT_DATABASE,
            workgroup_name=workgroup_name,
            poll_interval=1,
        )

    def redshift_rows(self, sql: str) -> list[dict[str, str | None]]:
        client = self.aws("redshift-data")
        statement = client.execute_statement(Sql=sql, WorkgroupName=self.name, Database=REDSHIFT_DATABASE)["Id"]
        RedshiftDataHook().wait_for_results(statement, poll_interval=1)
        result = client.get_statement_result(Id=statement)
        names = [column["name"] for column in result["ColumnMetadata"]]
        return [dict(zip(names, map(text_of, record), strict=True)) for record in result["Records"]]

    def render(self, path: str) -> str:
        environment = Environment(loader=FileSystemLoader(DAGS_FOLDER), autoescape=False)  # noqa: S701 - SQL
        return environment.get_template(path).render(sql_macros(self.settings))


def text_of(field: dict[str, Any]) -> str | None:
    (kind, value), *_ = field.items()
    return None if kind == "isNull" else str(value)
