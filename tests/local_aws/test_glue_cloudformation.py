"""Glue's resources in a CloudFormation stack."""

import json
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError


def template(database, description="first", max_runs="2"):
    script = "s3://artifacts/script.py"
    return {
        "Parameters": {"Workers": {"Type": "Number", "Default": 4}},
        "Resources": {
            "Database": {
                "Type": "AWS::Glue::Database",
                "Properties": {
                    "CatalogId": {"Ref": "AWS::AccountId"},
                    "DatabaseInput": {"Name": database, "Description": description},
                },
            },
            "Table": {
                "Type": "AWS::Glue::Table",
                "Properties": {
                    "CatalogId": {"Ref": "AWS::AccountId"},
                    "DatabaseName": {"Ref": "Database"},
                    "TableInput": {
                        "Name": "events",
                        "Description": description,
                        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "string"}], "Location": "s3://a/b/"},
                    },
                },
            },
            "Crawler": {
                "Type": "AWS::Glue::Crawler",
                "Properties": {
                    "Name": f"{database}-crawler",
                    "Role": "arn:aws:iam::123456789012:role/glue",
                    "Description": description,
                    "Schedule": {"ScheduleExpression": "cron(0 5 * * ? *)"},
                    "Targets": {
                        "CatalogTargets": [{"DatabaseName": {"Ref": "Database"}, "Tables": [{"Ref": "Table"}]}]
                    },
                    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
                },
            },
            "Job": {
                "Type": "AWS::Glue::Job",
                "Properties": {
                    "Name": f"{database}-job",
                    "Role": "arn:aws:iam::123456789012:role/glue",
                    "GlueVersion": "5.1",
                    "WorkerType": "G.1X",
                    "NumberOfWorkers": {"Ref": "Workers"},
                    "Timeout": 60,
                    "MaxRetries": 0,
                    "ExecutionProperty": {"MaxConcurrentRuns": max_runs},
                    "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": script},
                    "DefaultArguments": {"--database": {"Ref": "Database"}},
                },
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Database", "Table", "Crawler", "Job")},
    }


@pytest.fixture
def stack(aws):
    client = aws("cloudformation")
    name = f"glue-{uuid4().hex[:8]}"
    database = name.replace("-", "_")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template(database)))
    yield name, database
    client.delete_stack(StackName=name)


def test_a_stack_creates_the_resources_and_refers_to_them_by_name(aws, stack):
    name, database = stack
    glue = aws("glue")

    outputs = aws("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["Outputs"]

    assert {output["OutputKey"]: output["OutputValue"] for output in outputs} == {
        "Database": database,
        "Table": "events",
        "Crawler": f"{database}-crawler",
        "Job": f"{database}-job",
    }
    job = glue.get_job(JobName=f"{database}-job")["Job"]
    assert (job["NumberOfWorkers"], job["ExecutionProperty"]) == (4, {"MaxConcurrentRuns": 2})
    assert job["DefaultArguments"] == {"--database": database}
    crawler = glue.get_crawler(Name=f"{database}-crawler")["Crawler"]
    assert crawler["Schedule"]["ScheduleExpression"] == "cron(0 5 * * ? *)"
    assert glue.get_table(DatabaseName=database, Name="events")["Table"]["StorageDescriptor"]["Location"] == "s3://a/b/"


def test_an_update_changes_the_resources_in_place(aws, stack):
    name, database = stack
    glue = aws("glue")

    aws("cloudformation").update_stack(
        StackName=name, TemplateBody=json.dumps(template(database, description="second", max_runs="3"))
    )

    assert glue.get_database(Name=database)["Database"]["Description"] == "second"
    assert glue.get_table(DatabaseName=database, Name="events")["Table"]["Description"] == "second"
    assert glue.get_crawler(Name=f"{database}-crawler")["Crawler"]["Description"] == "second"
    assert glue.get_job(JobName=f"{database}-job")["Job"]["ExecutionProperty"] == {"MaxConcurrentRuns": 3}


def test_deleting_the_stack_deletes_the_resources(aws, stack):
    name, database = stack
    glue = aws("glue")

    aws("cloudformation").delete_stack(StackName=name)

    lookups = (
        (glue.get_database, {"Name": database}),
        (glue.get_crawler, {"Name": f"{database}-crawler"}),
        (glue.get_job, {"JobName": f"{database}-job"}),
    )
    for get, arguments in lookups:
        with pytest.raises(ClientError) as error:
            get(**arguments)
        assert error.value.response["Error"]["Code"] == "EntityNotFoundException"
