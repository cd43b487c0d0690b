"""A small star schema in the lake, and the operators that serve it from Athena's engine and from Redshift's."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook
from airflow.sdk import DAG
from jinja2 import Environment, FileSystemLoader
from lakehouse.macros import sql_macros
from lakehouse.serving import REDSHIFT_PREPARATION, REDSHIFT_SCRIPTS
from lakehouse.settings import REDSHIFT_DATABASE, LakehouseSettings
from lakehouse_aws.athena.query import AthenaQueryOperator
from lakehouse_aws.athena.rows import AthenaRowsHook
from lakehouse_aws.iceberg.operators import PublishRunOperator
from lakehouse_aws.redshift.load import RedshiftLoadOperator

from lakehouse_contract.datasets import STAR_SCHEMA as DATASET
from lakehouse_contract.datasets import Dataset
from lakehouse_contract.tables import declared_table
from tests.airflow_support import TaskInstance, run_operator
from tests.plugins.iceberg_lake import IcebergLake

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
RUN = "jr_1"
# Between two looks at a query of milliseconds.
LOOK_SECONDS = 0.1
ARROW_TYPES = {
    "bigint": pa.int64(),
    "int": pa.int32(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "decimal(18,2)": pa.decimal128(18, 2),
    "decimal(18,6)": pa.decimal128(18, 6),
    "decimal(38,2)": pa.decimal128(38, 2),
    "decimal(38,6)": pa.decimal128(38, 6),
}
JANUARY, FEBRUARY = datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
CUSTOMERS = [
    {"customer_key": -1, "is_in_source": True},
    {
        "customer_key": 1,
        "customer_id": 1,
        "name": "Zoë 🌍",
        "email": "tok_1",
        "is_active": True,
        "created_at": JANUARY,
        "is_in_source": True,
    },
    {"customer_key": 2, "customer_id": 2, "name": "عمر", "email": "tok_2", "is_in_source": True},
    {"customer_key": 3, "customer_id": 3, "name": "gone", "email": "tok_3", "is_in_source": False},
]
ACCOUNTS = [
    {"account_key": -1, "customer_key": -1, "is_in_source": True},
    {"account_key": 7, "account_id": 7, "customer_key": 1, "is_in_source": True},
]


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
    "run": RUN,
    "rejected_at": JANUARY,
    "transaction_id": 9,
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


def arrow_table(name: str, rows: list[dict]) -> pa.Table:
    """The rows as the declared table has them."""
    columns = declared_table(name).columns
    schema = pa.schema(
        [pa.field(column.name, ARROW_TYPES[column.type], nullable=not column.is_required) for column in columns]
    )
    return pa.Table.from_pylist(rows, schema=schema)


class Lake:
    """A bucket with the star schema, its catalog database, a workgroup of each engine, and their operators."""

    def __init__(self, aws: Callable, template_folders: Sequence[Path] = ()) -> None:
        self.aws = aws
        self.template_folders = [str(folder) for folder in (DAGS_FOLDER, *template_folders)]
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
        self.document: dict[str, Any] = {}

    def publish(self, tables: dict[str, list[dict]], run: str) -> None:
        """Publish the star schema's tables as a run has written them."""
        amount = sum(row["amount"] for row in tables["fact_transactions"])
        self.publish_dataset(DATASET, tables, run, sources=SOURCES, sums={"fact_transactions.amount": str(amount)})

    def publish_dataset(self, dataset: Dataset, tables: dict[str, list[dict]], run: str, **document: Any) -> str:
        """Publish a dataset's tables as a run has written them; returns the tag."""
        place = {"bucket": self.name, "database": self.database}
        operator = PublishRunOperator(
            task_id="publish",
            run=run,
            dimensions=dataset.dimensions,
            facts=dataset.facts,
            **place,
        )
        keys = {name: declared_table(name).partition_keys for name in tables}
        lake = IcebergLake(self.aws("s3"), operator.hook.catalog, self.name, self.database, keys)
        written = {name: arrow_table(name, rows) for name, rows in tables.items()}
        self.document = lake.write_run(run, written, **document)
        return run_operator(operator, {"ti": TaskInstance()})

    def run(self, operator_class: type, **arguments: Any) -> Any:
        """Render and run an operator as a task of a DAG of the project would be."""
        macros = sql_macros(self.settings)
        with DAG("serving", schedule=None, template_searchpath=self.template_folders, user_defined_macros=macros):
            operator = operator_class(task_id="task", **arguments)
        context = {"ti": TaskInstance(), "task": operator, "params": operator.params} | macros
        operator.render_template_fields(context)
        return run_operator(operator, context)

    def athena(self, query: str, operator_class: type = AthenaQueryOperator, **options) -> str:
        return self.run(
            operator_class, query=query, database=self.database, workgroup=self.name, sleep_time=LOOK_SECONDS, **options
        )

    def athena_rows(self, query: str) -> list[dict[str, str | None]]:
        return AthenaRowsHook().rows(self.athena(query))

    def athena_answer(self, question: str, parameters: dict[str, str]) -> list[dict[str, str | None]]:
        """The rows of a question with parameters."""
        query = self.aws("athena").start_query_execution(
            QueryString=question,
            QueryExecutionContext={"Database": self.database},
            WorkGroup=self.name,
            ExecutionParameters=list(parameters.values()),
        )["QueryExecutionId"]
        AthenaRowsHook().poll_query_status(query, sleep_time=LOOK_SECONDS)
        return AthenaRowsHook().rows(query)

    def load_redshift(self, workgroup_name: str | None = None, scripts: list[str] = REDSHIFT_SCRIPTS) -> list[str]:
        return self.run(
            RedshiftLoadOperator,
            tables=DATASET.tables,
            preparation=REDSHIFT_PREPARATION,
            scripts=scripts,
            bucket=self.name,
            glue_database=self.database,
            database=REDSHIFT_DATABASE,
            workgroup_name=workgroup_name,
            poll_interval=LOOK_SECONDS,
        )

    def redshift_rows(self, sql: str, **arguments: Any) -> list[dict[str, str | None]]:
        client = self.aws("redshift-data")
        place = {"WorkgroupName": self.name, "Database": REDSHIFT_DATABASE}
        statement = client.execute_statement(Sql=sql, **place, **arguments)["Id"]
        RedshiftDataHook().wait_for_results(statement, poll_interval=LOOK_SECONDS)
        result = client.get_statement_result(Id=statement)
        names = [column["name"] for column in result["ColumnMetadata"]]
        return [dict(zip(names, map(text_of, record), strict=True)) for record in result["Records"]]

    def render(self, path: str) -> str:
        environment = Environment(loader=FileSystemLoader(DAGS_FOLDER), autoescape=False)  # noqa: S701 - SQL
        return environment.get_template(path).render(sql_macros(self.settings))


def text_of(field: dict[str, Any]) -> str | None:
    (kind, value), *_ = field.items()
    return None if kind == "isNull" else str(value)
