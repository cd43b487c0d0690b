"""The lake's bucket: JSON objects, Parquet row counts."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from botocore.exceptions import ClientError

from lakehouse_aws.errors import LakeError
from lakehouse_aws.sessions import SharedSessionHook

PARALLEL_REQUESTS = 16
PARQUET_SUFFIX = ".parquet"
PARQUET_TRAILER_BYTES = 8
FOOTER_GUESS_BYTES = 64 * 1024


class LakeHook(SharedSessionHook, S3Hook):
    """What the lake's tasks do with objects."""

    def read_json(self, bucket: str, key: str) -> Any:
        """Raises LakeError when there is no such object."""
        try:
            return json.loads(self.read_key(key, bucket))
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
                raise
            raise LakeError(
                f"There is no object s3://{bucket}/{key}: the job that writes it has not finished, or it has expired."
            ) from None

    def size_of(self, bucket: str, prefix: str) -> tuple[int, int]:
        """Bytes and number of the objects below a prefix; one page of keys is held at a time."""
        size = count = 0
        for page in self.conn.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            sizes = [item["Size"] for item in page.get("Contents", [])]
            size, count = size + sum(sizes), count + len(sizes)
        return size, count

    def parquet_row_count(self, bucket: str, prefix: str) -> int:
        """Rows of all Parquet objects below a prefix, from their footers."""
        keys = [key for key in self.list_keys(bucket, prefix) if key.endswith(PARQUET_SUFFIX)]
        with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            return sum(pool.map(lambda key: self._parquet_rows(bucket, key), keys))

    def _parquet_rows(self, bucket: str, key: str) -> int:
        from pyarrow import BufferReader
        from pyarrow.parquet import read_metadata

        end = self._last_bytes(bucket, key, FOOTER_GUESS_BYTES)
        footer_bytes = int.from_bytes(end[-PARQUET_TRAILER_BYTES:-4], "little") + PARQUET_TRAILER_BYTES
        if footer_bytes > len(end):
            end = self._last_bytes(bucket, key, footer_bytes)
        return read_metadata(BufferReader(end)).num_rows

    def _last_bytes(self, bucket: str, key: str, count: int) -> bytes:
        return self.conn.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{count}")["Body"].read()
