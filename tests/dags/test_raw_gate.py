"""What the gate behind the extraction lets through."""

from collections import Counter
from datetime import datetime
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowFailException
from lakehouse.raw_gate import check_raw_tables, raw_faults
from lakehouse.tables import SOURCE_TABLES
from lakehouse_aws.dms.hook import DmsFullLoadHook

from tests.airflow_support import AIRFLOW_ENVIRONMENT

ENDED_AT = "2026-11-20T23:59:00-02:00"
LOADS = {
    "rds-to-s3-full-load": {
        "rows": {"public.customers": 2, "public.accounts": 3, "public.transactions": 4},
        "ended_at": ENDED_AT,
    },
    "docdb-to-s3-full-load": {"rows": {"financial.transaction_events": 5}, "ended_at": ENDED_AT},
}
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


@pytest.fixture
def dms(monkeypatch):
    """`dms(identifier=…)` says when DMS ended its last load, and whether one is under way."""

    def tells(is_active=False, **ended_at):
        def find(_, identifier):
            last = datetime.fromisoformat(ended_at.get(identifier.split("-")[0], ENDED_AT))
            return SimpleNamespace(is_active=is_active, ended_at=last, status="stopped")

        monkeypatch.setattr(DmsFullLoadHook, "find", find)

    tells()
    return tells


@pytest.mark.usefixtures("dms")
def test_tables_that_arrived_whole_pass_with_their_counts_files_and_day(raw_lake):
    bucket = raw_lake(RAW_ROWS)

    extraction = check_raw_tables.function(LOADS, bucket)

    assert extraction["tables"] == {table: {"source_rows": rows, "raw_rows": rows} for table, rows in RAW_ROWS.items()}
    assert extraction["load_date"] == "2026-11-21"
    assert Counter(file["table"] for file in extraction["files"]) == dict.fromkeys(RAW_ROWS, 2)


@pytest.mark.usefixtures("dms")
def test_rows_that_did_not_reach_the_lake_stop_the_run(raw_lake):
    bucket = raw_lake(RAW_ROWS | {"transactions": 3})

    with pytest.raises(AirflowFailException, match="transactions has 3 rows in the raw bucket, DMS loaded 4"):
        check_raw_tables.function(LOADS, bucket)


@pytest.mark.parametrize("later", [{"docdb": "2026-11-21T05:10:00+00:00"}, {"is_active": True}])
def test_a_gate_of_an_old_run_that_is_cleared_takes_no_later_loads_files_for_its_own(raw_lake, dms, later):
    dms(**later)

    with pytest.raises(AirflowFailException, match="another one has replaced its files since"):
        check_raw_tables.function(LOADS, raw_lake(RAW_ROWS))


def test_an_empty_table_is_named():
    assert raw_faults({"accounts": {"source_rows": 0, "raw_rows": 0}}) == ["accounts is empty"]
