import logging

import pytest
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.star_schema.schemas import SOURCES
from lakehouse_glue.star_schema.sources import read_sources
from pyspark.sql import DataFrame


@pytest.fixture
def locations(spark, tmp_path):
    """`locations(customers)` are those of raw tables: all empty, but the customers."""

    def write(customers: DataFrame) -> dict[str, list[str]]:
        frames = {name: spark.createDataFrame([], source.columns) for name, source in SOURCES.items()}
        for name, frame in (frames | {"customers": customers}).items():
            frame.write.parquet((tmp_path / name).as_uri())
        return {name: [(tmp_path / name).as_uri()] for name in frames}

    return write


def test_a_table_whose_files_have_no_rows_is_empty(spark, customers, locations):
    sources = read_sources(spark, locations(customers({})).get)
    assert (sources["customers"].count(), sources["accounts"].count()) == (1, 0)
    assert "account_id" in sources["accounts"].columns


@pytest.mark.parametrize("folder", ["empty", "nowhere"])
def test_a_table_without_files_is_an_error(spark, tmp_path, customers, locations, folder):
    (tmp_path / "empty").mkdir()
    location = (tmp_path / folder).as_uri()
    with pytest.raises(BadInputError, match=rf"^The raw table accounts has no files in {location}: extract it\.$"):
        read_sources(spark, (locations(customers({})) | {"accounts": [location]}).get)


def test_extra_column_is_ignored_and_reported(spark, customers, locations, caplog):
    wide = customers({}).selectExpr("*", "1 AS loyalty_points", "'now' AS extracted_at")
    with caplog.at_level(logging.WARNING, logger="lakehouse_glue"):
        sources = read_sources(spark, locations(wide).get)
    assert "loyalty_points" not in sources["customers"].columns
    assert caplog.messages == ["customers: ignored columns that are not declared: loyalty_points"]


def test_missing_column_is_named(spark, customers, locations):
    narrow = locations(customers({}).drop("email"))
    with pytest.raises(BadInputError, match=r"^The raw table customers lacks the column email: "):
        read_sources(spark, narrow.get)
