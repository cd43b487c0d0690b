"""The Glue data catalog of the local endpoint."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from local_aws.glue.catalog import LocalTable
from local_aws.glue.validation import _pattern


@pytest.fixture
def glue(aws):
    return aws("glue")


@pytest.fixture
def database(glue):
    name = f"catalog_{uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name})
    return name


def table_input(name="facts", location="s3://lake/facts/v1/", **fields):
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": location},
        **fields,
    }


def create_partitioned_table(glue, database, key_type="int"):
    keys = [{"Name": "year", "Type": key_type}, {"Name": "month", "Type": key_type}]
    glue.create_table(DatabaseName=database, TableInput=table_input(PartitionKeys=keys))


def error_code(error):
    return error.value.response["Error"]["Code"]


def test_update_table_replaces_the_definition_and_keeps_the_earlier_version(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input(Parameters={"snapshot": "a"}))

    glue.update_table(DatabaseName=database, TableInput=table_input(location="s3://lake/facts/v2/"))

    table = glue.get_table(DatabaseName=database, Name="facts")["Table"]
    versions = glue.get_table_versions(DatabaseName=database, TableName="facts")["TableVersions"]
    assert table["StorageDescriptor"]["Location"] == "s3://lake/facts/v2/"
    assert "snapshot" not in table.get("Parameters", {})
    assert [version["Table"]["StorageDescriptor"]["Location"] for version in versions] == [
        "s3://lake/facts/v2/",
        "s3://lake/facts/v1/",
    ]


def test_earlier_versions_of_a_table_take_little_memory():
    def definition(number):
        columns = [{"Name": f"column_{place}", "Type": "decimal(18,2)", "Comment": "a price"} for place in range(20)]
        return table_input(Parameters={"number": str(number)}) | {"StorageDescriptor": {"Columns": columns}}

    table = LocalTable("prices", "facts", definition(1), catalog_id="123456789012")
    tracemalloc.start()
    try:
        for number in range(2, 1002):
            table.update(definition(number))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1000 * 1000
    assert [table.get_version(str(number)) for number in range(1, 1002)] == [
        definition(number) for number in range(1, 1002)
    ]


def test_update_table_at_an_outdated_version_is_refused(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input())
    glue.update_table(DatabaseName=database, TableInput=table_input(location="s3://lake/facts/v2/"))

    with pytest.raises(ClientError) as error:
        glue.update_table(DatabaseName=database, TableInput=table_input(), VersionId="1")

    assert error_code(error) == "ConcurrentModificationException"
    location = glue.get_table(DatabaseName=database, Name="facts")["Table"]["StorageDescriptor"]["Location"]
    assert location == "s3://lake/facts/v2/"


def test_of_updates_at_once_of_one_version_one_is_made(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input())

    def update(number):
        try:
            location = f"s3://lake/facts/{number}/"
            glue.update_table(DatabaseName=database, TableInput=table_input(location=location), VersionId="1")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return location

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(update, range(8)))

    table = glue.get_table(DatabaseName=database, Name="facts")["Table"]
    assert sorted(outcomes)[:7] == ["ConcurrentModificationException"] * 7
    assert table["StorageDescriptor"]["Location"] in outcomes
    assert table["VersionId"] == "2"


def test_an_update_that_skips_the_archive_leaves_no_earlier_version(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input())

    glue.update_table(DatabaseName=database, TableInput=table_input(location="s3://lake/facts/v2/"), SkipArchive=True)

    versions = glue.get_table_versions(DatabaseName=database, TableName="facts")["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["2"]


def test_names_are_folded_to_lower_case(glue, database):
    glue.create_table(DatabaseName=database.upper(), TableInput=table_input(name="Facts"))

    assert glue.get_table(DatabaseName=database, Name="FACTS")["Table"]["Name"] == "facts"
    with pytest.raises(ClientError) as error:
        glue.create_table(DatabaseName=database, TableInput=table_input(name="facts"))
    assert error_code(error) == "AlreadyExistsException"


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_table", {"Name": "absent"}),
        ("delete_table", {"Name": "absent"}),
        ("update_table", {"TableInput": {"Name": "absent"}}),
        ("get_partitions", {"TableName": "absent"}),
    ],
)
def test_a_missing_table_is_an_entity_not_found(glue, database, operation, arguments):
    with pytest.raises(ClientError) as error:
        getattr(glue, operation)(DatabaseName=database, **arguments)

    assert error_code(error) == "EntityNotFoundException"
    assert "absent" in str(error.value)


def test_tables_are_listed_by_expression_and_in_pages(glue, database):
    for name in ("dim_a", "dim_b", "dim_c", "fact_dim"):
        glue.create_table(DatabaseName=database, TableInput=table_input(name=name))

    pages = glue.get_paginator("get_tables").paginate(
        DatabaseName=database, Expression="dim_*", PaginationConfig={"PageSize": 2}
    )

    assert [[table["Name"] for table in page["TableList"]] for page in pages] == [["dim_a", "dim_b"], ["dim_c"]]


def test_update_database_replaces_its_parameters(glue, database):
    glue.update_database(Name=database, DatabaseInput={"Name": database, "Parameters": {"published_snapshot": "jr_1"}})

    assert glue.get_database(Name=database)["Database"]["Parameters"] == {"published_snapshot": "jr_1"}


def test_partitions_are_filtered_by_expression_and_typed_by_their_keys(glue, database):
    create_partitioned_table(glue, database)
    inputs = [{"Values": [str(year), str(month)]} for year in (2023, 2024) for month in (2, 10)]
    glue.batch_create_partition(DatabaseName=database, TableName="facts", PartitionInputList=inputs)

    found = glue.get_partitions(DatabaseName=database, TableName="facts", Expression="year = 2024 AND month > 9")[
        "Partitions"
    ]

    assert [partition["Values"] for partition in found] == [["2024", "10"]]


def test_partition_keys_with_type_parameters_can_be_filtered(glue, database):
    create_partitioned_table(glue, database, key_type="varchar(4)")
    glue.create_partition(DatabaseName=database, TableName="facts", PartitionInput={"Values": ["2024", "1"]})

    found = glue.get_partitions(DatabaseName=database, TableName="facts", Expression="year = '2024'")["Partitions"]

    assert len(found) == 1


def test_a_partition_needs_one_value_per_key(glue, database):
    create_partitioned_table(glue, database)

    with pytest.raises(ClientError) as error:
        glue.create_partition(DatabaseName=database, TableName="facts", PartitionInput={"Values": ["2024"]})

    assert error_code(error) == "InvalidInputException"


def test_batch_operations_report_the_partitions_that_failed(glue, database):
    create_partitioned_table(glue, database)
    table = {"DatabaseName": database, "TableName": "facts"}
    glue.create_partition(**table, PartitionInput={"Values": ["2024", "1"]})

    created = glue.batch_create_partition(
        **table, PartitionInputList=[{"Values": ["2024", "1"]}, {"Values": ["2024", "2"]}]
    )
    deleted = glue.batch_delete_partition(
        **table, PartitionsToDelete=[{"Values": ["2024", "1"]}, {"Values": ["1999", "1"]}]
    )

    assert [error["PartitionValues"] for error in created["Errors"]] == [["2024", "1"]]
    assert created["Errors"][0]["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"
    assert [error["PartitionValues"] for error in deleted["Errors"]] == [["1999", "1"]]
    left = glue.get_partitions(**table)["Partitions"]
    assert [partition["Values"] for partition in left] == [["2024", "2"]]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("create_session", {"Id": "s", "Role": "arn:aws:iam::123456789012:role/glue", "Command": {"Name": "glueetl"}}),
        ("create_trigger", {"Name": "t", "Type": "ON_DEMAND", "Actions": [{"JobName": "j"}]}),
        ("create_workflow", {"Name": "w"}),
    ],
)
def test_what_nothing_would_execute_is_refused(glue, operation, arguments):
    with pytest.raises(ClientError) as error:
        getattr(glue, operation)(**arguments)

    assert error_code(error) == "OperationNotSupportedException"


@pytest.mark.parametrize(
    ("operation", "arguments", "place", "demand"),
    [
        (
            "create_table",
            {"TableInput": {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "c", "Comment": "x" * 256}]}}},
            "tableInput.storageDescriptor.columns.1.member.comment",
            "have length less than or equal to 255",
        ),
        (
            "create_table",
            {"TableInput": {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "c", "Comment": "a\nb"}]}}},
            "tableInput.storageDescriptor.columns.1.member.comment",
            "satisfy regular expression pattern",
        ),
        ("get_tables", {"MaxResults": 101}, "maxResults", "have value less than or equal to 100"),
        (
            "batch_delete_table",
            {"TablesToDelete": ["t"] * 101},
            "tablesToDelete",
            "have length less than or equal to 100",
        ),
    ],
)
def test_values_outside_of_the_limits_of_the_service_are_refused(glue, database, operation, arguments, place, demand):
    with pytest.raises(ClientError) as error:
        getattr(glue, operation)(DatabaseName=database, **arguments)

    assert error_code(error) == "ValidationException"
    message = error.value.response["Error"]["Message"]
    assert message.startswith("1 validation error detected: Value '")
    assert f"at '{place}' failed to satisfy constraint: Member must {demand}" in message


def test_every_pattern_of_the_model_is_read():
    shapes = Loader().load_service_model("glue", "service-2")["shapes"].values()
    patterns = {shape["pattern"] for shape in shapes if "pattern" in shape}
    assert len(patterns) > 50
    for pattern in patterns:
        _pattern(pattern)
    transaction_id = _pattern(r"[\p{L}\p{N}\p{P}]*")
    assert transaction_id.fullmatch("é7-_ß漢")
    assert not transaction_id.fullmatch("a b")


def test_athena_passes_on_that_glue_does_not_find_a_table_or_a_database(aws, database):
    for call, arguments in (
        ("get_table_metadata", {"DatabaseName": database, "TableName": "absent"}),
        ("get_table_metadata", {"DatabaseName": "absent", "TableName": "absent"}),
        ("get_database", {"DatabaseName": "absent"}),
        ("list_table_metadata", {"DatabaseName": "absent"}),
    ):
        with pytest.raises(ClientError) as error:
            getattr(aws("athena"), call)(CatalogName="AwsDataCatalog", **arguments)
        assert error_code(error) == "MetadataException"
        assert "Error Code: EntityNotFoundException" in error.value.response["Error"]["Message"]


def test_tables_of_all_databases_are_searched(glue, database):
    word = database.rpartition("_")[2]
    tables = [
        table_input(f"sales_{word}", Parameters={"owner": "finance"}),
        table_input("stock", Description=f"By {word}"),
        table_input("other"),
    ]
    for table in tables:
        glue.create_table(DatabaseName=database, TableInput=table)
    in_database = {"Filters": [{"Key": "DatabaseName", "Value": database}]}

    def found(**request):
        names, page = [], {"NextToken": "0"}
        while "NextToken" in page:
            page = glue.search_tables(**request, MaxResults=1, NextToken=page["NextToken"])
            names += [table["Name"] for table in page["TableList"]]
        return sorted(names)

    assert found(SearchText=f"_{word.upper()}") == sorted([f"sales_{word}", "stock", "other"])
    assert found(SearchText=f"y {word}") == ["stock"]
    assert found(SearchText=f'"sales_{word}"') == [f"sales_{word}"]
    assert found(SearchText="financ", **in_database) == [f"sales_{word}"]
    assert found(**in_database) == sorted([f"sales_{word}", "stock", "other"])
    with pytest.raises(ClientError, match="EQUALS"):
        found(Filters=[{"Key": "Name", "Value": "a", "Comparator": "GREATER_THAN"}])
