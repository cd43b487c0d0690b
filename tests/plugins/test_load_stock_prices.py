"""Redshift follows the lake's stock prices, against a real warehouse."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException
from lakehouse_aws.redshift.load import RedshiftLoadOperator
from lakehouse_glue.stocks.months.files import WRITTEN
from pyiceberg.expressions import EqualTo

from tests.local_aws.redshift_warehouse import create_warehouse

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
VERSIONS = "sql/redshift/table_versions"
DECIMAL = pa.decimal128(18, 6)


@pytest.fixture
def warehouse(aws):
    return create_warehouse(aws, f"stocks_{uuid4().hex[:8]}")


@pytest.fixture
def publish(arrivals_lake):
    """`publish("jr_1", {1: ("A", 2)})`: main has so many prices of a symbol, on the first day of each month of 2026."""

    def put(run, prices):
        rows = [row_of(month, symbol, close) for month, (symbol, close) in prices.items()]
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        arrivals_lake.iceberg.write_run(run, {"stock_prices": table})
        arrivals_lake.publication.publish(run, ["stock_prices"])

    return put


# PyIceberg writes no decimals of 64 bits.
SCHEMA = pa.schema([(field.name, DECIMAL if pa.types.is_decimal(field.type) else field.type) for field in WRITTEN])


def row_of(month, symbol, close):
    return {
        "stock_key": ord(symbol),
        "symbol": symbol,
        "trade_date": date(2026, month, 1),
        **dict.fromkeys(("open", "high", "low", "close"), Decimal(close)),
        "volume": Decimal(1),
        "source_file": "a.csv",
        "arrived_at": datetime(2026, 1, 1, tzinfo=UTC),
        "year": 2026,
        "month": month,
    }


@pytest.fixture
def load(run, arrivals_lake, warehouse):
    """`load()` does what a run of the DAG does."""

    def to_redshift():
        tables = [f"sql/redshift/{table}/create_table.sql" for table in ("dim_stocks", "fact_stock_prices")]
        macros = {"redshift_iam_role": "default"}
        with DAG("stocks", template_searchpath=str(DAGS_FOLDER), user_defined_macros=macros, schedule=None):
            operator = RedshiftLoadOperator(
                task_id="load",
                tables=["stock_prices"],
                preparation=[
                    "sql/redshift/create_schema.sql",
                    *tables,
                    f"{VERSIONS}/create_table.sql",
                    f"{VERSIONS}/select.sql",
                ],
                scripts=[
                    f"{VERSIONS}/expect_held.sql",
                    "sql/redshift/fact_stock_prices/load.sql",
                    "sql/redshift/dim_stocks/load.sql",
                    f"{VERSIONS}/write.sql",
                ],
                bucket=arrivals_lake.bucket,
                glue_database=arrivals_lake.database,
                database=warehouse.place["Database"],
                workgroup_name=warehouse.place["WorkgroupName"],
                skips_without_changes=True,
                poll_interval=0.1,
            )
        run(operator)

    return to_redshift


def in_redshift(warehouse):
    prices = warehouse.rows("SELECT date_key, close FROM analytics.fact_stock_prices ORDER BY date_key")
    stocks = warehouse.rows("SELECT symbol, trading_days FROM analytics.dim_stocks ORDER BY symbol")
    return [(day, float(close)) for day, close in prices], [tuple(row) for row in stocks]


def test_before_the_first_publication_there_is_nothing_to_load(load):
    with pytest.raises(AirflowSkipException, match="Nothing is published yet of stock_prices"):
        load()


def test_redshift_has_each_month_as_it_is_published(publish, load, warehouse):
    publish("jr_1", {1: ("A", 1), 2: ("B", 1)})
    load()
    assert in_redshift(warehouse) == ([(20260101, 1.0), (20260201, 1.0)], [("A", 1), ("B", 1)])
    publish("jr_2", {1: ("A", 2), 2: ("B", 1)})
    publish("jr_3", {1: ("A", 2), 2: ("A", 1), 3: ("A", 3)})
    load()
    assert in_redshift(warehouse) == ([(20260101, 2.0), (20260201, 1.0), (20260301, 3.0)], [("A", 3)])
    with pytest.raises(AirflowSkipException, match="Redshift holds all that is published"):
        load()


def test_a_month_that_was_deleted_leaves_redshift_with_its_stocks(arrivals_lake, publish, load, warehouse):
    publish("jr_1", {1: ("A", 1), 2: ("B", 1)})
    load()
    arrivals_lake.publication.table("stock_prices").delete(EqualTo("month", 2))
    load()
    assert in_redshift(warehouse) == ([(20260101, 1.0)], [("A", 1)])
