"""Files to be loaded, and the statements that load them: shared by the tests of COPY and UNLOAD."""

import io
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.client import BaseClient

BUCKET = "redshift-copy"
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "name": pa.array(["a \"quoted\", 'name'", "", None], pa.string()),
        "amount": pa.array([Decimal("12345678901234.56"), Decimal("-0.01"), None], pa.decimal128(18, 2)),
        "is_open": pa.array([True, False, None], pa.bool_()),
        "opened_on": pa.array([date(1970, 1, 1), date(2099, 12, 31), None], pa.date32()),
        "seen_at": pa.array([1709209800123456, 915148800000000, None], pa.timestamp("us")),
        "score": pa.array([0.1, float("nan"), None], pa.float64()),
    }
)
COLUMNS = (
    "id BIGINT, name VARCHAR(50), amount DECIMAL(18,2), is_open BOOLEAN, opened_on DATE, seen_at TIMESTAMP,"
    " score DOUBLE PRECISION"
)


def put_parquet(s3: BaseClient, key: str, table: pa.Table) -> int:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    s3.put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
    return len(buffer.getvalue())


def copy(table: str, prefix: str, options: str = "FORMAT AS PARQUET") -> str:
    return f"COPY {table} FROM 's3://{BUCKET}/{prefix}' IAM_ROLE default {options}"
