"""What the jobs ask the catalog, against the endpoint's."""

import pytest
from lakehouse_glue.catalog import table_location
from lakehouse_glue.errors import BadInputError


def test_a_raw_table_that_the_catalog_lacks_is_an_error_and_not_an_empty_table(aws):
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "raw"})
    storage = {"Location": "s3://lake/raw/customers/", "Columns": [{"Name": "customer_id", "Type": "bigint"}]}
    glue.create_table(DatabaseName="raw", TableInput={"Name": "customers", "StorageDescriptor": storage})
    assert table_location(glue, "raw", "customers") == "s3://lake/raw/customers/"
    with pytest.raises(BadInputError, match=r"^The catalog has no table raw\.accounts: extract it and run the crawler"):
        table_location(glue, "raw", "accounts")


def test_a_database_that_the_catalog_lacks_is_named(aws):
    with pytest.raises(BadInputError, match=r"^The catalog has no database nowhere: "):
        table_location(aws("glue"), "nowhere", "customers")
