"""Redshift follows the lake's commits, against a real warehouse."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from lakehouse_aws.operators.load_stock_prices import LoadStockPricesOperator
from lakehouse_aws.redshift.script import RedshiftScriptOperator
from lakehouse_glue.stocks.table import WRITTEN

from tests.local_aws.redshift_warehouse import create_warehouse

DAGS_FOLDER = Path(__file__).parents[2] / "dags"
TABLES = ("dim_stocks", "fact_stock_prices", "stock_prices_version")


@pytest.fixture
def warehouse(aws):
    return create_warehouse(aws, f"stocks_{uuid4().hex[:8]}")


@pytest.fixture
def commit(stock_lake):
    """`commit("jr_1", {"01": 2}, base)`: a load with a price of A on the first day of each month is published."""

    def publish(load, closes, base):
        stock_lake.load(load, f"claim-{load}", [], list(closes), base)
        for month, close in closes.items():
            row = {
                "stock_key": 1,
                "symbol": "A",
                "trade_date": date(2026, int(month), 1),
                **dict.fromkeys(("open", "high", "low", "close"), Decimal(close)),
                "volume": 1,
                "source_file": "a.csv",
                "arrived_at": datetime(2026, 1, 1, tzinfo=UTC),
            }
            key = f"analytics/stock_prices/load={load}/year=2026/month={month}/part-0.parquet"
            stock_lake.put_parquet(key, pa.Table.from_pylist([row], schema=WRITTEN))
        stock_lake.table.publish(load)

    return publish


@pytest.fixture
def load(run, stock_lake, warehouse):
    """`load()` does what a run of the DAG does."""
    place = {"database": warehouse.place["Database"], "workgroup_name": warehouse.place["WorkgroupName"]}

    def to_redshift():
        macros = {"redshift_iam_role": "default"}
        with DAG("stocks", template_searchpath=str(DAGS_FOLDER), user_defined_macros=macros, schedule=None) as dag:
            tables = [f"sql/redshift/{table}/create_table.sql" for table in TABLES]
            create = RedshiftScriptOperator(
                task_id="create", scripts=["sql/redshift/create_schema.sql", *tables], poll_interval=1, **place
            )
            prices = LoadStockPricesOperator(
                task_id="load",
                scripts=[
                    f"sql/redshift/{table}/load.sql"
                    for table in ("fact_stock_prices", "dim_stocks", "stock_prices_version")
                ],
                version_query="sql/redshift/stock_prices_version/select.sql",
                bucket=stock_lake.bucket,
                glue_database=stock_lake.database,
                poll_interval=1,
                **place,
            )
        create.sql = create.render_template(create.sql, {}, dag.get_template_env())
        run(create)
        run(prices)

    return to_redshift


def in_redshift(warehouse):
    prices = warehouse.rows("SELECT date_key, close FROM analytics.fact_stock_prices ORDER BY date_key")
    [[version]] = warehouse.rows("SELECT MAX(commit_number) FROM analytics.stock_prices_version")
    return version, [(day, float(close)) for day, close in prices]


def test_redshift_has_each_month_as_the_latest_commit_has_it(commit, load, warehouse):
    commit("jr_1", {"01": 1, "02": 1}, base=0)
    load()
    assert in_redshift(warehouse) == (1, [(20260101, 1.0), (20260201, 1.0)])
    commit("jr_2", {"01": 2}, base=1)
    commit("jr_3", {"03": 3}, base=2)
    load()
    assert in_redshift(warehouse) == (3, [(20260101, 2.0), (20260201, 1.0), (20260301, 3.0)])
    with pytest.raises(AirflowSkipException, match="Redshift holds commit 3 of stock_prices, which is the latest"):
        load()
    commit("jr_4", {}, base=3)
    load()
    assert in_redshift(warehouse)[0] == 4


def test_a_load_that_fails_leaves_the_version_with_the_data(stock_lake, commit, load, warehouse):
    commit("jr_1", {"01": 1}, base=0)
    load()
    commit("jr_2", {"01": 2}, base=1)
    key = "analytics/stock_prices/load=jr_2/year=2026/month=01/part-0.parquet"
    stock_lake.s3.put_object(Bucket=stock_lake.bucket, Key=key, Body=b"no Parquet")
    with pytest.raises(AirflowException, match="nothing was changed"):
        load()
    assert in_redshift(warehouse) == (1, [(20260101, 1.0)])
