"""What the jobs ask the catalog, against the endpoint's."""

from lakehouse_glue.catalog import partition_years


def test_years_of_a_table_are_those_of_its_partitions(aws):
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "years"})
    storage = {"Location": "s3://lake/prices/", "Columns": [{"Name": "symbol", "Type": "string"}]}
    keys = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "int"}]
    table = {"Name": "prices", "StorageDescriptor": storage, "PartitionKeys": keys}
    glue.create_table(DatabaseName="years", TableInput=table)
    for values in (["2005", "01"], ["2005", "02"], ["2009", "12"]):
        partition = {"Values": values, "StorageDescriptor": storage}
        glue.create_partition(DatabaseName="years", TableName="prices", PartitionInput=partition)
    assert partition_years(glue, "years", "prices") == {2005, 2009}


def test_a_table_that_is_not_there_has_no_years(aws):
    assert partition_years(aws("glue"), "no_such_database", "prices") == frozenset()
