"""The API around the queries: results and their pages, workgroups, stop, restart, catalog metadata."""

import os
import time
import uuid
from collections.abc import Callable

import pyarrow as pa
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import Endpoint
from tests.local_aws.athena.athena_lake import Lake

MANY = "UNNEST(sequence(1, 10000))"
ENDLESS = f"SELECT sum(a.x * b.x * c.x) FROM {MANY} a(x), {MANY} b(x), {MANY} c(x)"


@pytest.fixture
def lake(aws: Callable[..., BaseClient]) -> Lake:
    return Lake.create(aws)


def create_workgroup(lake: Lake, **configuration: object) -> str:
    name = f"wg{uuid.uuid4().hex[:8]}"
    lake.athena.create_work_group(Name=name, Configuration=configuration)
    return name


def test_result_file_is_quoted_and_null_is_nothing(lake: Lake):
    execution = lake.execute("SELECT 1 AS a, 'x\"y' AS b, NULL AS c, '' AS d")
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == lake.url(f"results/{execution['QueryExecutionId']}.csv")
    body = lake.s3.get_object(Bucket=lake.bucket, Key=location.removeprefix(lake.url("")))["Body"].read()
    assert body == b'"a","b","c","d"\n"1","x""y",,""\n'
    assert location.removeprefix(lake.url("")) + ".metadata" in lake.keys("results/")


def test_results_come_in_pages_with_the_header_on_the_first(lake: Lake):
    query_id = lake.execute("SELECT x FROM UNNEST(sequence(1, 5)) t(x) ORDER BY x")["QueryExecutionId"]
    first = lake.athena.get_query_results(QueryExecutionId=query_id, MaxResults=3)
    second = lake.athena.get_query_results(QueryExecutionId=query_id, MaxResults=3, NextToken=first["NextToken"])
    values = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in (first, second)]
    assert values == [["x", "1", "2"], ["3", "4", "5"]]
    assert "NextToken" not in second


def test_large_result_is_complete(lake: Lake):
    rows = lake.rows("SELECT x * 10 + y FROM UNNEST(sequence(0, 2499)) t(x), UNNEST(sequence(1, 10)) u(y) ORDER BY 1")
    assert [int(value) for [value] in rows] == list(range(1, 25001))


def test_results_of_a_failed_query_are_refused(lake: Lake):
    execution = lake.wait(lake.start("SELECT 1/0"))
    assert execution["Status"]["AthenaError"]["ErrorMessage"] == "DIVISION_BY_ZERO: Division by zero"
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert lake.keys("results/") == []


def test_query_without_an_output_location_is_rejected(lake: Lake):
    with pytest.raises(ClientError, match="No output location provided") as error:
        lake.athena.start_query_execution(QueryString="SELECT 1")
    assert error.value.response["Error"]["Code"] == "InvalidRequestException"


def test_query_to_a_missing_bucket_is_rejected(lake: Lake):
    with pytest.raises(ClientError, match="Unable to verify/create output bucket nosuchbucket"):
        lake.start("SELECT 1", ResultConfiguration={"OutputLocation": "s3://nosuchbucket/"})


def test_client_request_token_is_idempotent(lake: Lake):
    token = uuid.uuid4().hex
    first = lake.start("SELECT 1", ClientRequestToken=token)
    assert lake.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        lake.start("SELECT 2", ClientRequestToken=token)


def test_stop_interrupts_a_running_query(lake: Lake):
    query_id = lake.start(ENDLESS)
    while lake.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"] == "QUEUED":
        time.sleep(0.01)
    lake.athena.stop_query_execution(QueryExecutionId=query_id)
    assert lake.wait(query_id)["Status"]["State"] == "CANCELLED"
    assert lake.value("1") == "1"


def test_executions_are_listed_newest_first_and_fetched_in_batches(lake: Lake):
    workgroup = create_workgroup(lake, ResultConfiguration={"OutputLocation": lake.url("wg/")})
    started = [lake.start(f"SELECT {number}", WorkGroup=workgroup) for number in range(3)]
    listed = lake.athena.list_query_executions(WorkGroup=workgroup, MaxResults=2)
    assert listed["QueryExecutionIds"] == [started[2], started[1]]
    rest = lake.athena.list_query_executions(WorkGroup=workgroup, NextToken=listed["NextToken"])
    assert rest["QueryExecutionIds"] == [started[0]]
    batch = lake.athena.batch_get_query_execution(QueryExecutionIds=[started[0], "unknown"])
    assert [execution["Query"] for execution in batch["QueryExecutions"]] == ["SELECT 0"]
    assert [missing["QueryExecutionId"] for missing in batch["UnprocessedQueryExecutionIds"]] == ["unknown"]


def test_enforced_workgroup_decides_where_results_go(lake: Lake):
    workgroup = create_workgroup(
        lake, EnforceWorkGroupConfiguration=True, ResultConfiguration={"OutputLocation": lake.url("enforced/")}
    )
    execution = lake.execute("SELECT 1", WorkGroup=workgroup)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(lake.url("enforced/"))
    statement = f"CREATE TABLE t WITH (external_location = '{lake.url('own/')}') AS SELECT 1 AS a"
    assert "its workgroup enforces its own output location" in lake.failure(statement, WorkGroup=workgroup)


@pytest.fixture
def wide_table(lake: Lake) -> str:
    """A table of 12 MB, nearly all of it in the column `big`."""
    table = pa.table({"small": pa.array([1] * 600), "big": [os.urandom(20_000) for _ in range(600)]})
    lake.put_parquet("wide/part.parquet", table)
    lake.execute(
        f"CREATE EXTERNAL TABLE wide (small bigint, big binary) STORED AS PARQUET LOCATION '{lake.url('wide/')}'"
    )
    return "wide"


@pytest.mark.parametrize(
    "statement",
    ["SELECT count(big) FROM {table}", "CREATE TABLE copied AS SELECT * FROM {table}"],
    ids=["read", "write"],
)
def test_query_that_would_scan_more_than_its_workgroup_allows_is_cancelled(lake: Lake, wide_table: str, statement: str):
    workgroup = create_workgroup(
        lake, BytesScannedCutoffPerQuery=10_000_000, ResultConfiguration={"OutputLocation": lake.url("wg/")}
    )
    lake.execute(f"SELECT max(small) FROM {wide_table}", WorkGroup=workgroup)
    execution = lake.wait(lake.start(statement.format(table=wide_table), WorkGroup=workgroup))
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert execution["Statistics"]["DataScannedInBytes"] == 10_000_000


def test_scan_limit_of_a_workgroup_is_set_and_removed_by_an_update(lake: Lake, wide_table: str):
    workgroup = create_workgroup(lake, ResultConfiguration={"OutputLocation": lake.url("wg/")})
    query = f"SELECT count(big) FROM {wide_table}"
    states = []
    for updates in (
        {},
        {"BytesScannedCutoffPerQuery": 10_000_000},
        {"RemoveBytesScannedCutoffPerQuery": True},
    ):
        lake.athena.update_work_group(WorkGroup=workgroup, ConfigurationUpdates=updates)
        states.append(lake.wait(lake.start(query, WorkGroup=workgroup))["Status"]["State"])
    assert states == ["SUCCEEDED", "CANCELLED", "SUCCEEDED"]


def test_scan_limit_below_the_least_that_athena_takes_is_refused(aws: Callable[..., BaseClient]):
    unchecked = aws("athena", config=Config(parameter_validation=False))
    with pytest.raises(ClientError, match="must be at least 10000000"):
        unchecked.create_work_group(Name="small", Configuration={"BytesScannedCutoffPerQuery": 1})


def test_disabled_workgroup_rejects_queries(lake: Lake):
    workgroup = create_workgroup(lake, ResultConfiguration={"OutputLocation": lake.url("wg/")})
    lake.athena.update_work_group(WorkGroup=workgroup, State="DISABLED")
    with pytest.raises(ClientError, match="is disabled"):
        lake.start("SELECT 1", WorkGroup=workgroup)
    assert lake.athena.get_work_group(WorkGroup=workgroup)["WorkGroup"]["State"] == "DISABLED"


def test_workgroup_that_has_queries_is_deleted_only_recursively(lake: Lake):
    workgroup = create_workgroup(lake, ResultConfiguration={"OutputLocation": lake.url("wg/")})
    lake.execute("SELECT 1", WorkGroup=workgroup)
    with pytest.raises(ClientError, match="is not empty"):
        lake.athena.delete_work_group(WorkGroup=workgroup)
    lake.athena.delete_work_group(WorkGroup=workgroup, RecursiveDeleteOption=True)
    with pytest.raises(ClientError, match="is not found"):
        lake.athena.get_work_group(WorkGroup=workgroup)


def test_catalog_metadata_comes_from_glue(lake: Lake):
    lake.execute(
        f"CREATE EXTERNAL TABLE t (id bigint) PARTITIONED BY (m int) STORED AS PARQUET LOCATION '{lake.url('t/')}'"
    )
    place = {"CatalogName": "AwsDataCatalog", "DatabaseName": lake.database}
    metadata = lake.athena.get_table_metadata(**place, TableName="t")["TableMetadata"]
    assert [(column["Name"], column["Type"]) for column in metadata["Columns"]] == [("id", "bigint")]
    assert [key["Name"] for key in metadata["PartitionKeys"]] == ["m"]
    assert [table["Name"] for table in lake.athena.list_table_metadata(**place)["TableMetadataList"]] == ["t"]
    assert lake.athena.get_database(**place)["Database"]["Name"] == lake.database
    pages = lake.athena.get_paginator("list_databases").paginate(CatalogName="AwsDataCatalog")
    assert lake.database in [database["Name"] for page in pages for database in page["DatabaseList"]]
    with pytest.raises(ClientError) as error:
        lake.athena.get_table_metadata(**place, TableName="nosuch")
    assert error.value.response["Error"]["Code"] == "MetadataException"


def test_named_and_prepared_queries_are_kept(lake: Lake):
    query_id = lake.athena.create_named_query(Name="n", Database="d", QueryString="SELECT 1")["NamedQueryId"]
    assert lake.athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]["QueryString"] == "SELECT 1"
    lake.athena.create_prepared_statement(StatementName="twice", WorkGroup="primary", QueryStatement="SELECT ? * 2")
    assert lake.rows("EXECUTE twice USING 21") == [["42"]]


def test_prepared_statements_belong_to_their_workgroup(lake: Lake):
    workgroups = [create_workgroup(lake) for _ in range(2)]
    for number, workgroup in enumerate(workgroups):
        lake.athena.create_prepared_statement(
            StatementName="st", WorkGroup=workgroup, QueryStatement=f"SELECT {number}", Description="d"
        )
    first = {"WorkGroup": workgroups[0]}
    with pytest.raises(ClientError, match="already exists"):
        lake.athena.create_prepared_statement(StatementName="st", QueryStatement="SELECT 5", **first)
    lake.athena.update_prepared_statement(StatementName="st", QueryStatement="SELECT 7", **first)
    assert [lake.rows("EXECUTE st", WorkGroup=workgroup) for workgroup in workgroups] == [[["7"]], [["1"]]]
    listed = lake.athena.list_prepared_statements(**first)["PreparedStatements"]
    assert [statement["StatementName"] for statement in listed] == ["st"]
    batch = lake.athena.batch_get_prepared_statement(PreparedStatementNames=["st", "other"], **first)
    assert [statement["QueryStatement"] for statement in batch["PreparedStatements"]] == ["SELECT 7"]
    assert [name["StatementName"] for name in batch["UnprocessedPreparedStatementNames"]] == ["other"]
    lake.athena.delete_prepared_statement(StatementName="st", **first)
    with pytest.raises(lake.athena.exceptions.ResourceNotFoundException):
        lake.athena.get_prepared_statement(StatementName="st", **first)
    assert lake.athena.get_prepared_statement(StatementName="st", WorkGroup=workgroups[1])["PreparedStatement"]
    with pytest.raises(ClientError, match="is not empty"):
        lake.athena.delete_work_group(WorkGroup=workgroups[1])


def test_a_result_is_reused_where_that_is_asked_for(lake: Lake):
    lake.execute("CREATE TABLE t AS SELECT 1 AS id")

    def count(minutes: int | None, parameter: str = "0") -> dict:
        by_age = {"Enabled": minutes is not None, "MaxAgeInMinutes": minutes or 0}
        return lake.execute(
            "SELECT count(*) FROM t WHERE id > ?",
            ExecutionParameters=[parameter],
            ResultReuseConfiguration={"ResultReuseByAgeConfiguration": by_age},
        )

    def is_reused(execution: dict) -> bool:
        return execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]

    first = count(60)
    lake.execute("INSERT INTO t VALUES 2")
    again, other, without, too_old = count(60), count(60, "1"), count(None), count(0)

    assert [is_reused(run) for run in (first, again, other, without, too_old)] == [False, True, False, False, False]
    values = [lake.results(run["QueryExecutionId"])[1:] for run in (first, again, other, without)]
    assert values == [[["1"]], [["1"]], [["1"]], [["2"]]]
    assert again["Statistics"]["DataScannedInBytes"] == 0
    assert again["ResultConfiguration"]["OutputLocation"] == first["ResultConfiguration"]["OutputLocation"]
    assert again["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"]["MaxAgeInMinutes"] == 60
    with pytest.raises(ClientError, match="MaxAgeInMinutes"):
        count(10_081)


def test_metadata_of_a_table_names_its_formats(lake: Lake):
    lake.execute(
        f"CREATE EXTERNAL TABLE t (id int COMMENT 'key') COMMENT 'rows' ROW FORMAT DELIMITED "
        f"FIELDS TERMINATED BY ',' LOCATION '{lake.url('t/')}'"
    )
    table = lake.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=lake.database, TableName="t")
    parameters = table["TableMetadata"]["Parameters"]
    assert parameters["inputformat"] == "org.apache.hadoop.mapred.TextInputFormat"
    assert parameters["outputformat"] == "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    assert parameters["serde.serialization.lib"] == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    assert parameters["serde.param.field.delim"] == ","
    assert (parameters["comment"], parameters["location"]) == ("rows", lake.url("t/"))


def test_queries_survive_a_restart_and_running_ones_have_failed(own_endpoint: Endpoint):
    lake = Lake.create(own_endpoint.client)
    finished = lake.execute("SELECT 42 AS answer")["QueryExecutionId"]
    running = lake.start(ENDLESS)
    own_endpoint.kill()
    own_endpoint.start()
    assert lake.results(finished) == [["answer"], ["42"]]
    status = lake.wait(running)["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] == f"The endpoint was restarted while query {running} was running"


def test_workgroup_of_a_stack(lake: Lake, aws: Callable[..., BaseClient]):
    cloudformation = aws("cloudformation")
    name = f"wg{uuid.uuid4().hex[:8]}"

    def template(prefix: str) -> str:
        return f"""
Resources:
  WorkGroup:
    Type: AWS::Athena::WorkGroup
    Properties:
      Name: {name}
      State: ENABLED
      RecursiveDeleteOption: true
      WorkGroupConfiguration:
        EnforceWorkGroupConfiguration: true
        EngineVersion: {{SelectedEngineVersion: Athena engine version 3}}
        ResultConfiguration: {{OutputLocation: "{lake.url(prefix)}"}}
Outputs:
  Name: {{Value: !Ref WorkGroup}}
"""

    def output_location() -> str:
        configuration = lake.athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
        assert configuration["EnforceWorkGroupConfiguration"] is True
        return configuration["ResultConfiguration"]["OutputLocation"]

    cloudformation.create_stack(StackName=name, TemplateBody=template("first/"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name)
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["Outputs"][0]["OutputValue"] == name
    assert output_location() == lake.url("first/")
    cloudformation.update_stack(StackName=name, TemplateBody=template("second/"))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name)
    assert output_location() == lake.url("second/")
    lake.execute("SELECT 1", WorkGroup=name)
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
    with pytest.raises(ClientError, match="is not found"):
        lake.athena.get_work_group(WorkGroup=name)


def test_concurrent_queries_keep_apart(lake: Lake):
    for number in range(3):
        lake.put_parquet(f"t{number}/part.parquet", pa.table({"id": [number]}))
        lake.execute(
            f"CREATE EXTERNAL TABLE t{number} (id bigint) STORED AS PARQUET LOCATION '{lake.url(f't{number}/')}'"
        )
    started = [(number % 3, lake.start("SELECT id FROM tN".replace("N", str(number % 3)))) for number in range(12)]
    for number, query_id in started:
        lake.wait(query_id)
        assert lake.results(query_id) == [["id"], [str(number)]]
