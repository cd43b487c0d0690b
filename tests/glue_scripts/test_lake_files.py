import pytest
from lakehouse_glue.lake import write_parquet
from pyspark.errors import AnalysisException


def test_written_table_is_not_overwritten(spark, tmp_path):
    location = (tmp_path / "table").as_uri()
    write_parquet(spark.range(3), location)
    with pytest.raises(AnalysisException, match="PATH_ALREADY_EXISTS"):
        write_parquet(spark.range(4), location)
    assert spark.read.parquet(location).count() == 3
