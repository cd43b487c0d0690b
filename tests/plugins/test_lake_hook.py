"""What LakeHook tells of the lake and does to it, against real objects."""

import pyarrow as pa
import pytest
from lakehouse_aws.errors import LakeError
from lakehouse_aws.lake import FOOTER_GUESS_BYTES, LakeHook


def test_parquet_rows_are_summed_over_the_files_of_a_prefix(lake_bucket, put_parquet):
    put_parquet("raw/a/LOAD00000001.parquet", pa.table({"x": [1, 2, 3]}))
    put_parquet("raw/a/LOAD00000002.parquet", pa.table({"x": [4]}))
    put_parquet("raw/ab/LOAD00000001.parquet", pa.table({"x": [5]}))

    assert LakeHook().parquet_row_count(lake_bucket, "raw/a/") == 4


def test_a_prefix_without_files_has_no_rows(lake_bucket):
    assert LakeHook().parquet_row_count(lake_bucket, "raw/a/") == 0


def test_a_footer_longer_than_the_first_read_is_read_whole(lake_bucket, put_parquet):
    columns = {f"{'c' * 200}{number}": pa.array(range(10)) for number in range(400)}
    put_parquet("raw/wide/LOAD00000001.parquet", pa.table(columns), row_group_size=5)
    end = LakeHook()._last_bytes(lake_bucket, "raw/wide/LOAD00000001.parquet", 8)
    assert int.from_bytes(end[:4], "little") > FOOTER_GUESS_BYTES

    assert LakeHook().parquet_row_count(lake_bucket, "raw/wide/") == 10


def test_a_missing_json_object_is_named(lake_bucket):
    with pytest.raises(LakeError, match=f"s3://{lake_bucket}/quality/jr_1/results.json"):
        LakeHook().read_json(lake_bucket, "quality/jr_1/results.json")
