"""Operators run against the endpoint as they do on a worker: told by the environment where AWS is."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk import BaseOperator
from botocore.client import BaseClient

from lakehouse_contract.arrivals.claims import claim_of
from lakehouse_contract.arrivals.kinds import STOCK_FILES, Arrivals
from tests.airflow_support import AIRFLOW_ENVIRONMENT, TaskInstance, run_operator
from tests.market_data_server import KEY, MarketDataServer, running_market_data_server
from tests.plugins.arrivals_lake import ArrivalsLake
from tests.plugins.claim_runs import record_attempt
from tests.plugins.iceberg_lake import IcebergLake
from tests.plugins.market_data_pipeline import Pipeline
from tests.plugins.trades_lake import TradesLake

PARQUET_STORAGE = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


@pytest.fixture
def context() -> dict[str, Any]:
    return {"ti": TaskInstance()}


@pytest.fixture
def run(context: dict[str, Any]) -> Callable[[BaseOperator], Any]:
    """`run(operator)` gives what the task returns."""
    return lambda operator: run_operator(operator, context)


@pytest.fixture(autouse=True)
def airflow_environment(aws_endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
        monkeypatch.setenv(name, value)
    # For the name of its user agent, each client's hook would read the source of all that pytest has on the stack.
    monkeypatch.setattr(AwsBaseHook, "_get_caller", lambda _: "Tests")


@pytest.fixture
def s3(aws: Callable[..., BaseClient]) -> BaseClient:
    return aws("s3")


@pytest.fixture
def lake_bucket(s3: BaseClient) -> str:
    bucket = f"lake-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    return bucket


@pytest.fixture
def glue_database(aws: Callable[..., BaseClient]) -> Iterator[str]:
    glue = aws("glue")
    database = f"lake_{uuid4().hex[:12]}"
    glue.create_database(DatabaseInput={"Name": database, "Description": "The lake"})
    yield database
    glue.delete_database(Name=database)


@pytest.fixture
def put_parquet(s3: BaseClient, lake_bucket: str) -> Callable[..., None]:
    """`put_parquet(key, table)` writes an Arrow table into the lake; options are those of write_table."""

    def put(key: str, table: pa.Table, **options: Any) -> None:
        buffer = BytesIO()
        pq.write_table(table, buffer, **options)
        s3.put_object(Bucket=lake_bucket, Key=key, Body=buffer.getvalue())

    return put


@pytest.fixture
def iceberg_lake(s3: BaseClient, lake_bucket: str, glue_database: str) -> Callable[..., IcebergLake]:
    """`iceberg_lake(catalog)` writes runs to the Iceberg tables of the lake, by a hook's catalog."""
    return lambda catalog, **options: IcebergLake(s3, catalog, lake_bucket, glue_database, **options)


@pytest.fixture
def kind() -> Arrivals:
    """The kind of files that arrive in `arrivals_lake`: stock files, where a test is not run for others, too."""
    return STOCK_FILES


@pytest.fixture
def arrivals_lake(s3: BaseClient, lake_bucket: str, glue_database: str, kind: Arrivals) -> ArrivalsLake:
    """A lake for an arrivals pipeline, whose tables no run has made yet."""
    return ArrivalsLake(s3, lake_bucket, glue_database, kind)


@pytest.fixture
def arrive(arrivals_lake: ArrivalsLake) -> Callable[..., None]:
    """`arrive("jr_1", [1])`: a file arrives, is claimed and becomes prices of the months on a run's branch."""

    def load(run: str, months: list[int], **outcome: Any) -> None:
        arrivals_lake.drop(f"{run}.csv", run.encode())
        claim = arrivals_lake.claim(run)
        record_attempt(arrivals_lake, claim, run)
        arrivals_lake.load(
            run, claim_of(arrivals_lake.arrivals, claim["claim"]), arrivals_lake.claimed_files(claim), months, **outcome
        )

    return load


@pytest.fixture
def trades_lake(run, aws, lake_bucket, glue_database) -> Iterator[TradesLake]:
    """A lake to which no trades of its stream have come yet."""
    lake = TradesLake(run, aws("kinesis"), lake_bucket, glue_database)
    yield lake
    lake.kinesis.delete_stream(StreamName=lake.stream)


@pytest.fixture(scope="session")
def running_market_data() -> Iterator[MarketDataServer]:
    with running_market_data_server() as server:
        yield server


@pytest.fixture
def market_data(running_market_data: MarketDataServer, monkeypatch: pytest.MonkeyPatch) -> MarketDataServer:
    """The local market data API as it is at its start, and Airflow's connection to it."""
    running_market_data.reset()
    connection = {"conn_type": "http", "host": running_market_data.url, "password": KEY}
    monkeypatch.setenv("AIRFLOW_CONN_TWELVE_DATA", json.dumps(connection))
    return running_market_data


@pytest.fixture
def pipeline(run, context, s3, lake_bucket, glue_database, market_data, monkeypatch) -> Pipeline:
    """Its waiting moves the clock of the API."""
    monkeypatch.setattr("lakehouse_aws.market_data.hook.sleep", market_data.market.clock.advance)
    pipeline = Pipeline(run, context, s3, lake_bucket, glue_database)
    pipeline.watch()
    return pipeline
