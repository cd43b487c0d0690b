import logging

import pytest
from lakehouse_glue.errors import BadInputError
from lakehouse_glue.sources import read_sources


@pytest.fixture
def locations(tmp_path, customers):
    path = tmp_path / "customers"
    customers({}).write.parquet(path.as_uri())
    return {"customers": path.as_uri()}


def test_table_that_is_not_in_the_catalog_is_empty(spark, locations):
    sources = read_sources(spark, locations.get)
    assert (sources["customers"].count(), sources["accounts"].count()) == (1, 0)
    assert "account_id" in sources["accounts"].columns


def test_table_without_files_is_empty(spark, tmp_path):
    (tmp_path / "empty").mkdir()
    locations = {"customers": (tmp_path / "empty").as_uri(), "accounts": (tmp_path / "nowhere").as_uri()}
    sources = read_sources(spark, locations.get)
    assert (sources["customers"].count(), sources["accounts"].count()) == (0, 0)


def test_extra_column_is_ignored_and_reported(spark, tmp_path, customers, caplog):
    path = (tmp_path / "wide").as_uri()
    customers({}).selectExpr("*", "1 AS loyalty_points", "'now' AS extracted_at").write.parquet(path)
    with caplog.at_level(logging.WARNING, logger="lakehouse_glue"):
        sources = read_sources(spark, {"customers": path}.get)
    assert "loyalty_points" not in sources["customers"].columns
    assert caplog.messages == ["customers: ignored columns that are not declared: loyalty_points"]


def test_missing_column_is_named(spark, tmp_path, customers):
    path = (tmp_path / "narrow").as_uri()
    customers({}).drop("email").write.parquet(path)
    with pytest.raises(BadInputError, match=r"^The raw table customers lacks the column email: "):
        read_sources(spark, {"customers": path}.get)
