"""What the gate behind the extraction lets through."""

from io import BytesIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse.raw_gate import check_raw_tables, raw_faults
from lakehouse.tables import SOURCE_TABLES

from tests.airflow_support import AIRFLOW_ENVIRONMENT

LOADS = [
    {"public.customers": 2, "public.accounts": 3, "public.transactions": 4},
    {"financial.transaction_events": 5},
]
RAW_ROWS = {"customers": 2, "accounts": 3, "transactions": 4, "transaction_events": 5}


@pytest.fixture
def raw_lake(aws, aws_endpoint, monkeypatch):
    """`raw_lake(rows)` is a bucket with the raw Parquet files, two of each table."""
    for name, value in (AIRFLOW_ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_endpoint.url}).items():
        monkeypatch.setenv(name, value)
    s3, bucket = aws("s3"), f"raw-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)

    def fill(rows_of):
        for table in SOURCE_TABLES:
            for number, rows in enumerate((1, rows_of[table.name] - 1), start=1):
                buffer = BytesIO()
                pq.write_table(pa.table({"id": range(rows)}), buffer)
                key = f"{table.raw_prefix}LOAD{number:08X}.parquet"
                s3.put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())
        return bucket

    return fill


def test_tables_that_arrived_whole_pass_with_their_counts(raw_lake):
    counts = check_raw_tables.function(LOADS, raw_lake(RAW_ROWS))

    assert counts == {table: {"source_rows": rows, "raw_rows": rows} for table, rows in RAW_ROWS.items()}


def test_rows_that_did_not_reach_the_lake_stop_the_run(raw_lake):
    bucket = raw_lake(RAW_ROWS | {"transactions": 3})

    with pytest.raises(AirflowFailException, match="transactions has 3 rows in the lake, DMS loaded 4"):
        check_raw_tables.function(LOADS, bucket)


def test_an_empty_table_is_named():
    assert raw_faults({"accounts": {"source_rows": 0, "raw_rows": 0}}) == ["accounts is empty"]
