"""Rulesets and evaluation runs: their life, where results go, what is refused."""

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from tests.local_aws.data_quality.quality_lake import QualityLake
from tests.local_aws.refusals import error_code
from tests.local_aws.stacks import create

# Multiplies the table with itself until it is stopped.
ENDLESS = 'CustomSql "select sum(a.n * b.n * c.n % 7) from primary a, primary b, primary c, primary d" = 1'
IDS = Schema(NestedField(1, "id", LongType()))


@pytest.fixture(scope="module")
def lake(aws_endpoint, aws):
    lake = QualityLake.over(aws_endpoint, aws)
    lake.put_hive_table("numbers", pa.table({"n": range(3000)}), {"n": "bigint"})
    lake.put("sales/year=2023/a.csv", "1,10.5\n2,\n")
    lake.put("sales/year=2024/a.csv", "3,7\n")
    lake.declare("sales", "lazy.LazySimpleSerDe", {"id": "int", "price": "double"}, {"year": "int"})
    descriptor = lake.glue.get_table(DatabaseName=lake.database, Name="sales")["Table"]["StorageDescriptor"]
    descriptor["SerdeInfo"]["Parameters"] = {"field.delim": ","}
    lake.glue.update_table(
        DatabaseName=lake.database,
        TableInput={
            "Name": "sales",
            "StorageDescriptor": descriptor,
            "PartitionKeys": [{"Name": "year", "Type": "int"}],
        },
    )
    for year in (2023, 2024):
        values = {
            "Values": [str(year)],
            "StorageDescriptor": descriptor | {"Location": lake.url(f"sales/year={year}/")},
        }
        lake.glue.create_partition(DatabaseName=lake.database, TableName="sales", PartitionInput=values)
    return lake


def results(result):
    return [found["Result"] for found in result["RuleResults"]]


def test_ruleset_lives_from_creation_to_deletion(lake):
    target = {"DatabaseName": lake.database, "TableName": "numbers"}
    request = {"Name": "life", "Ruleset": "Rules = [RowCount > 1]", "TargetTable": target, "Tags": {"team": "quotes"}}
    assert lake.glue.create_data_quality_ruleset(**request, Description="first")["Name"] == "life"
    assert error_code(lake.glue.create_data_quality_ruleset, **request) == "AlreadyExistsException"

    made = lake.glue.get_data_quality_ruleset(Name="life")
    assert (made["Ruleset"], made["Description"], made["TargetTable"]) == (request["Ruleset"], "first", target)
    two = 'Rules = [RowCount > 1, IsComplete "n"]'
    assert lake.glue.update_data_quality_ruleset(Name="life", Ruleset=two)["Description"] == "first"
    [listed] = lake.glue.list_data_quality_rulesets(Filter={"TargetTable": target}, Tags={"team": "quotes"})["Rulesets"]
    assert (listed["Name"], listed["RuleCount"]) == ("life", 2)
    assert lake.glue.list_data_quality_rulesets(Tags={"team": "others"})["Rulesets"] == []

    lake.glue.delete_data_quality_ruleset(Name="life")
    for action in (lake.glue.get_data_quality_ruleset, lake.glue.delete_data_quality_ruleset):
        assert error_code(action, Name="life") == "EntityNotFoundException"


def test_ruleset_that_cannot_be_read_is_refused(lake):
    with pytest.raises(ClientError, match=r"DataQuality rules cannot be parsed: line 1, column 19") as refused:
        lake.glue.create_data_quality_ruleset(Name="broken", Ruleset="Rules = [RowCount]]")
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    missing = {"DatabaseName": lake.database, "TableName": "missing"}
    request = {"Name": "broken", "Ruleset": "Rules = [RowCount > 1]", "TargetTable": missing}
    assert error_code(lake.glue.create_data_quality_ruleset, **request) == "EntityNotFoundException"
    assert error_code(lake.glue.get_data_quality_ruleset, Name="broken") == "EntityNotFoundException"


def test_run_tells_of_every_ruleset_and_is_listed(lake):
    good, bad = lake.create_ruleset("RowCount = 3000"), lake.create_ruleset('Mean "n" < 10', "RowCount > 1")
    before = datetime.now(UTC) - timedelta(seconds=2)
    run_id = lake.start_run("numbers", good, bad, NumberOfWorkers=2, ClientToken=f"token-{good}")
    assert lake.start_run("numbers", good, bad, ClientToken=f"token-{good}") == run_id

    run = lake.ended_run(run_id)

    assert (run["Status"], run["RulesetNames"], run["NumberOfWorkers"]) == ("SUCCEEDED", [good, bad], 2)
    found = lake.glue.batch_get_data_quality_result(ResultIds=[*run["ResultIds"], "dqresult-none"])
    assert found["ResultsNotFound"] == ["dqresult-none"]
    assert [(one["RulesetName"], one["Score"], one["RulesetEvaluationRunId"]) for one in found["Results"]] == [
        (good, 1.0, run_id),
        (bad, 0.5, run_id),
    ]
    failed = found["Results"][1]["RuleResults"][0]
    assert (failed["Name"], failed["EvaluationMessage"]) == (
        "Rule_1",
        "Value: 1499.5 does not meet the constraint requirement!",
    )
    criteria = {"DataSource": lake.source("numbers"), "StartedAfter": before}
    runs = lake.glue.list_data_quality_ruleset_evaluation_runs(Filter=criteria)["Runs"]
    assert run_id in [one["RunId"] for one in runs]
    listed = lake.glue.list_data_quality_results(Filter={"DataSource": lake.source("numbers")}, MaxResults=1)
    assert listed["Results"][0]["ResultId"] == run["ResultIds"][1]
    assert listed["NextToken"]
    assert lake.glue.list_data_quality_results(Filter={"DataSource": lake.source("sales")})["Results"] == []


def test_results_go_to_s3_and_cloudwatch(lake, aws):
    options = {"ResultsS3Prefix": lake.url("found/"), "CloudWatchMetricsEnabled": True}
    ruleset = lake.create_ruleset("RowCount = 3000", 'IsUnique "n"', 'Mean "n" < 10')
    run = lake.ended_run(lake.start_run("numbers", ruleset, AdditionalRunOptions=options))

    [key] = lake.keys("found/")
    started_on = run["StartedOn"].astimezone(UTC)
    assert key == f"found/{started_on:year=%Y/month=%m/day=%d}/{run['RunId']}.jsonl"
    body = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read().decode()
    lines = [json.loads(line) for line in body.splitlines()]
    assert [(line["rule"], line["outcome"], line["evaluatedMetrics"]) for line in lines] == [
        ("RowCount = 3000", "Passed", {"Dataset.*.RowCount": 3000.0}),
        ('IsUnique "n"', "Passed", {"Column.n.Uniqueness": 1.0}),
        ('Mean "n" < 10', "Failed", {"Column.n.Mean": 1499.5}),
    ]
    assert {(line["databaseName"], line["tableName"], line["dqRunId"]) for line in lines} == {
        (lake.database, "numbers", run["RunId"])
    }
    dimensions = {"CatalogId": "123456789012", "Database": lake.database, "Table": "numbers", "Ruleset": ruleset}
    for name, count in (("passed", 2), ("failed", 1)):
        statistics = aws("cloudwatch").get_metric_statistics(
            Namespace="Glue Data Quality",
            MetricName=f"glue.data.quality.rules.{name}",
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.now(UTC) - timedelta(minutes=5),
            EndTime=datetime.now(UTC) + timedelta(minutes=5),
            Period=3600,
            Statistics=["Sum"],
        )
        assert [point["Sum"] for point in statistics["Datapoints"]] == [count]


@pytest.mark.parametrize("option", ["pushDownPredicate", "catalogPartitionPredicate"])
def test_predicate_chooses_the_partitions_that_are_read(lake, option):
    rules = ("RowCount = 2", 'Completeness "price" = 0.5')
    source = lake.source("sales", AdditionalOptions={option: "year < '2024'"})
    assert results(lake.evaluate("sales", *rules, DataSource=source)) == ["PASS", "PASS"]
    assert results(lake.evaluate("sales", "RowCount = 3")) == ["PASS"]
    other = lake.source("sales", AdditionalOptions={option: "price > 5"})
    run = lake.ended_run(lake.start_run("sales", lake.create_ruleset("RowCount = 2"), DataSource=other))
    assert run["Status"] == "FAILED"
    assert run["ErrorString"].endswith("can not be resolved against partition columns: [year]")


def test_head_of_a_branch_is_evaluated_as_a_table_of_its_own(lake):
    """What is written to a branch is seen where its head is registered as the main version of another table."""
    table = lake.create_table("published", IDS)
    table.append(pa.table({"id": [1, 2]}))
    table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "run_1").commit()
    table.append(pa.table({"id": [2, 3]}), branch="run_1")
    metadata = json.loads(table.metadata.model_dump_json())
    head = metadata["refs"]["run_1"]["snapshot-id"]
    candidate = metadata | {
        "current-snapshot-id": head,
        "refs": {"main": {"snapshot-id": head, "type": "branch"}},
        "snapshot-log": [*metadata["snapshot-log"], {"snapshot-id": head, "timestamp-ms": metadata["last-updated-ms"]}],
    }
    lake.put("candidates/run_1.metadata.json", json.dumps(candidate))

    lake.catalog.register_table((lake.database, "candidate"), lake.url("candidates/run_1.metadata.json"))

    rules = ("RowCount = 4", 'IsUnique "id"')
    assert results(lake.evaluate("candidate", *rules)) == ["PASS", "FAIL"]
    assert results(lake.evaluate("published", *rules)) == ["FAIL", "PASS"]
    lake.catalog.drop_table((lake.database, "candidate"))
    assert results(lake.evaluate("published", "RowCount = 2")) == ["PASS"]


def test_runs_are_stopped_while_they_evaluate_and_before_they_begin(lake):
    run_ids = [lake.start_run("numbers", lake.create_ruleset(ENDLESS)) for _ in range(5)]
    run_id, waiting = run_ids[0], run_ids[-1]
    while lake.glue.get_data_quality_ruleset_evaluation_run(RunId=run_id)["Status"] != "RUNNING":
        time.sleep(0.02)
    lake.glue.cancel_data_quality_ruleset_evaluation_run(RunId=waiting)
    assert lake.glue.get_data_quality_ruleset_evaluation_run(RunId=waiting)["Status"] == "STOPPED"
    for one in run_ids[:-1]:
        lake.glue.cancel_data_quality_ruleset_evaluation_run(RunId=one)

    ended = [lake.ended_run(one) for one in run_ids]

    assert [(run["Status"], "ResultIds" in run) for run in ended] == [("STOPPED", False)] * 5
    cancel = lake.glue.cancel_data_quality_ruleset_evaluation_run
    assert error_code(cancel, RunId=run_id) == "InvalidInputException"
    assert error_code(cancel, RunId="dqrun-none") == "EntityNotFoundException"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('DistinctValuesCount "n" > 1', "does not evaluate the rule type DistinctValuesCount"),
        ("RowCount > avg(last(5))", r"Dynamic rules are not supported .*avg\(\)"),
    ],
)
def test_rule_that_cannot_be_evaluated_fails_the_run_by_name(lake, rule, reason):
    run = lake.ended_run(lake.start_run("numbers", lake.create_ruleset("RowCount > 1", rule)))
    assert run["Status"] == "FAILED"
    assert "ResultIds" not in run
    assert re.search(reason, run["ErrorString"])


def test_what_a_run_names_has_to_exist(lake):
    ruleset = lake.create_ruleset("RowCount > 1")
    start = lake.glue.start_data_quality_ruleset_evaluation_run
    request = {"DataSource": lake.source("numbers"), "Role": lake.role, "RulesetNames": [ruleset]}
    assert error_code(start, **request | {"RulesetNames": ["missing"]}) == "EntityNotFoundException"
    assert error_code(start, **request | {"DataSource": lake.source("missing")}) == "EntityNotFoundException"
    with pytest.raises(ClientError, match="The role nobody does not exist") as refused:
        start(**request | {"Role": "nobody"})
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


@pytest.mark.parametrize(
    "options",
    [
        {"DataSource": {"GlueTable": {"DatabaseName": "d", "TableName": "t", "ConnectionName": "c"}}},
        {"DataSource": {"GlueTable": {"DatabaseName": "d", "TableName": "t", "CatalogId": "999999999999"}}},
        {"DataSource": {"DataQualityGlueTable": {"DatabaseName": "d", "TableName": "t", "PreProcessingQuery": "q"}}},
    ],
    ids=["ConnectionName", "CatalogId", "PreProcessingQuery"],
)
def test_what_would_be_ignored_is_refused_by_name(lake, options, request):
    with pytest.raises(ClientError, match=request.node.callspec.id) as refused:
        lake.start_run("numbers", lake.create_ruleset("RowCount > 1"), **options)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_recommendations_are_refused_by_name(lake):
    with pytest.raises(ClientError, match="start_data_quality_rule_recommendation_run"):
        lake.glue.start_data_quality_rule_recommendation_run(DataSource=lake.source("numbers"), Role=lake.role)


def test_results_that_cannot_be_written_fail_the_run(lake):
    options = {"ResultsS3Prefix": "s3://no-such-bucket/found/"}
    run = lake.ended_run(lake.start_run("numbers", lake.create_ruleset("RowCount > 1"), AdditionalRunOptions=options))
    assert (run["Status"], run["ErrorString"]) == (
        "FAILED",
        "The bucket no-such-bucket of ResultsS3Prefix does not exist.",
    )


def test_stack_makes_changes_and_deletes_a_ruleset(lake, stacks):
    properties = {"Name": "in-stack", "Ruleset": "Rules = [RowCount > 1]", "Description": "first"}
    template = {"Rules": {"Type": "AWS::Glue::DataQualityRuleset", "Properties": properties}}
    outputs = {"Name": {"Value": {"Ref": "Rules"}}}
    stack = create(stacks, template, "quality", Outputs=outputs)
    assert [output["OutputValue"] for output in stack["Outputs"]] == ["in-stack"]

    changed = {
        "Rules": {
            "Type": "AWS::Glue::DataQualityRuleset",
            "Properties": {**properties, "Ruleset": "Rules = [RowCount > 2]"},
        }
    }
    stacks.update_stack(StackName="quality", TemplateBody=json.dumps({"Resources": changed}))
    assert lake.glue.get_data_quality_ruleset(Name="in-stack")["Ruleset"] == "Rules = [RowCount > 2]"

    stacks.delete_stack(StackName="quality")
    assert error_code(lake.glue.get_data_quality_ruleset, Name="in-stack") == "EntityNotFoundException"
