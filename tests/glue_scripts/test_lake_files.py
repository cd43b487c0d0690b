import pytest
from lakehouse_glue.lake import conform, read_parquet, write_parquet
from pyspark.errors import AnalysisException


def test_written_table_is_not_overwritten(spark, tmp_path):
    location = (tmp_path / "table").as_uri()
    write_parquet(spark.range(3), location)
    with pytest.raises(AnalysisException, match="PATH_ALREADY_EXISTS"):
        write_parquet(spark.range(4), location)
    assert read_parquet(spark, location, "id bigint").count() == 3


def test_conforming_leaves_out_columns_that_are_not_declared(spark):
    frame = conform(spark.range(1).selectExpr("id", "'x' AS other"), {"id": "int"})
    assert frame.schema.simpleString() == "struct<id:int>"
