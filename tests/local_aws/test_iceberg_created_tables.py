"""Iceberg tables that Glue itself creates, by CreateTable."""

from decimal import Decimal
from uuid import uuid4

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError

from tests.local_aws.iceberg_catalogs import glue_catalog

BUCKET = "iceberg-created-lake"
ICEBERG_V2 = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}}


@pytest.fixture
def glue(aws):
    return aws("glue")


@pytest.fixture
def database(glue, s3) -> str:
    name = f"iceberg_{uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name, "LocationUri": f"s3://{BUCKET}/{name}"})
    return name


def test_glue_creates_an_iceberg_table_from_the_columns_of_its_input(aws_endpoint, glue, database):
    columns = [
        {"Name": "id", "Type": "bigint", "Comment": "the key"},
        {"Name": "price", "Type": "decimal(18,2)"},
        {"Name": "tags", "Type": "map<string,array<int>>"},
        {"Name": "place", "Type": "struct<city:string,at:timestamp>"},
    ]
    table_input = {
        "Name": "made",
        "Owner": "me",
        "StorageDescriptor": {"Columns": columns, "Location": f"s3://{BUCKET}/{database}/made/"},
    }

    glue.create_table(DatabaseName=database, TableInput=table_input, OpenTableFormatInput=ICEBERG_V2)

    entry = glue.get_table(DatabaseName=database, Name="made")["Table"]
    described = [
        {name: column[name] for name in ("Name", "Type", "Comment") if name in column}
        for column in entry["StorageDescriptor"]["Columns"]
    ]
    assert described == columns
    assert (entry["Owner"], entry["Parameters"]["table_type"]) == ("me", "ICEBERG")
    table = glue_catalog(aws_endpoint.url).load_table((database, "made"))
    row = {"id": 1, "price": Decimal("1.50"), "tags": [("a", [1, 2])], "place": {"city": "Bern", "at": None}}
    table.append(pa.Table.from_pylist([row], table.schema().as_arrow()))
    assert table.scan().to_arrow().to_pylist() == [row]
    assert table.metadata.format_version == 2


def test_glue_creates_an_iceberg_table_from_its_own_description(aws_endpoint, glue, database):
    fields = [
        {"Id": 1, "Name": "id", "Type": "long", "Required": True},
        {"Id": 2, "Name": "at", "Type": "timestamp", "Required": False},
    ]
    described = {
        "Location": f"s3://{BUCKET}/{database}/described",
        "Schema": {"SchemaId": 0, "Type": "struct", "Fields": fields},
        "PartitionSpec": {"SpecId": 0, "Fields": [{"SourceId": 2, "Transform": "day", "Name": "day", "FieldId": 1000}]},
        "Properties": {"write.format.default": "parquet"},
    }
    format_input = {"IcebergInput": {"MetadataOperation": "CREATE", "CreateIcebergTableInput": described}}

    glue.create_table(DatabaseName=database, Name="described", OpenTableFormatInput=format_input)

    table = glue_catalog(aws_endpoint.url).load_table((database, "described"))
    assert [(field.name, str(field.field_type), field.required) for field in table.schema().fields] == [
        ("id", "long", True),
        ("at", "timestamp", False),
    ]
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [("day", "day")]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "tinyint"}], "Location": "s3://b/t"}}, "tinyint"),
        ({"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}]}}, "location"),
        ({"PartitionKeys": [{"Name": "year", "Type": "int"}]}, "PartitionSpec"),
    ],
)
def test_what_cannot_be_an_iceberg_table_is_refused(glue, database, changes, word):
    descriptor = {"Columns": [{"Name": "a", "Type": "int"}], "Location": f"s3://{BUCKET}/t"}
    table_input = {"Name": "t", "StorageDescriptor": descriptor, **changes}

    with pytest.raises(ClientError, match=word) as error:
        glue.create_table(DatabaseName=database, TableInput=table_input, OpenTableFormatInput=ICEBERG_V2)

    assert error.value.response["Error"]["Code"] == "InvalidInputException"
    assert glue.get_tables(DatabaseName=database)["TableList"] == []
