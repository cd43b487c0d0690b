"""The project's own template on the local endpoint."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from deployment.change_sets import StackDeployer
from deployment.connections import check_connections
from deployment.errors import DeploymentError
from deployment.templates import TemplateStore
from deployment.warehouse import Warehouse
from lakehouse_contract.datasets import SALES, STAR_SCHEMA, Dataset
from lakehouse_contract.market_data import prices_key
from stack.waiting import wait_until
from tests.deployment.deployed_account import Recorder
from tests.local_aws.glue_jobs import Jobs

TEMPLATE = Path(__file__).parents[2] / "infra" / "lakehouse.yaml"
ACCOUNT_SUFFIX = "123456789012-us-east-1"
LAKE, RAW = f"s3://lakehouse-lake-{ACCOUNT_SUFFIX}", f"s3://lakehouse-raw-{ACCOUNT_SUFFIX}"
RAW_FOLDERS = ("archive/day", "raw/market_data/day", "raw/rds/day")
USE_FILES = f"""
import json
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()


def may(act):
    try:
        act()
        return True
    except Exception as error:
        assert "is not authorized to perform: s3:" in str(error), error
        return False


rows = spark.range(1)
read = [folder for folder in {RAW_FOLDERS} if may(lambda: spark.read.text("{RAW}/" + folder).collect())]
written = [folder for folder in {RAW_FOLDERS} if may(lambda: rows.write.mode("append").csv("{RAW}/" + folder))]
spark.range(3).write.mode("overwrite").parquet("{LAKE}/analytics/of_job")
assert spark.read.parquet("{LAKE}/analytics/of_job").count() == 3
print(json.dumps([read, written]))
"""


@pytest.fixture(scope="module")
def parameters(aws: Callable) -> list[dict[str, str]]:
    ec2 = aws("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"][:1]]
    return [
        {"ParameterKey": "SubnetIds", "ParameterValue": ",".join(subnets)},
        {"ParameterKey": "SecurityGroupIds", "ParameterValue": ",".join(groups)},
    ]


@pytest.fixture(scope="module")
def template_url(aws: Callable) -> str:
    return TemplateStore(aws("s3"), ACCOUNT_SUFFIX.partition("-")[0]).put(TEMPLATE.read_text())


@pytest.fixture(scope="module")
def stack(aws: Callable, parameters: list[dict[str, str]], template_url: str) -> Iterator[dict]:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="lakehouse", TemplateURL=template_url, Parameters=parameters)
    events = cloudformation.describe_stack_events(StackName="lakehouse")["StackEvents"]
    failed = [event.get("ResourceStatusReason") for event in events if event["ResourceStatus"].endswith("_FAILED")]
    assert failed == []
    (created,) = cloudformation.describe_stacks(StackName="lakehouse")["Stacks"]
    yield created
    cloudformation.delete_stack(StackName="lakehouse")


def test_template_deploys(stack: dict) -> None:
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["LakeBucket"] == f"lakehouse-lake-{ACCOUNT_SUFFIX}"
    assert outputs["RawBucket"] == f"lakehouse-raw-{ACCOUNT_SUFFIX}"
    assert outputs["ArtifactsBucket"] == f"lakehouse-artifacts-{ACCOUNT_SUFFIX}"
    assert outputs["AthenaResultsBucket"] == f"lakehouse-athena-results-{ACCOUNT_SUFFIX}"
    assert outputs["DataDocsBucket"] == f"lakehouse-data-docs-{ACCOUNT_SUFFIX}"
    assert outputs["RedshiftWorkgroupName"] == "lakehouse"


def test_outputs_name_the_full_loads(stack: dict, aws: Callable) -> None:
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    for name, output in (("rds-to-s3-full-load", "RdsFullLoadArn"), ("docdb-to-s3-full-load", "DocDbFullLoadArn")):
        filters = [{"Name": "replication-task-id", "Values": [name]}]
        (task,) = aws("dms").describe_replication_tasks(Filters=filters)["ReplicationTasks"]
        assert task["ReplicationTaskArn"] == outputs[output]


def test_role_of_the_jobs_has_the_policies_of_the_template(stack: dict, aws: Callable) -> None:
    assert stack["StackName"] == "lakehouse"
    resources = aws("cloudformation").describe_stack_resource(StackName="lakehouse", LogicalResourceId="GlueRole")
    role = resources["StackResourceDetail"]["PhysicalResourceId"]
    iam = aws("iam")
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert "lake-and-artifacts" in iam.list_role_policies(RoleName=role)["PolicyNames"]


@pytest.mark.parametrize(
    ("role", "readable"),
    [("GlueRole", []), ("TransformRole", RAW_FOLDERS[:1]), ("MarketDataRole", RAW_FOLDERS[1:2])],
)
def test_spark_of_a_job_reads_the_raw_files_of_its_role_and_writes_to_the_lake(
    stack: dict, aws: Callable, role: str, readable: tuple[str, ...]
) -> None:
    resources = aws("cloudformation").describe_stack_resource(StackName=stack["StackName"], LogicalResourceId=role)
    name = resources["StackResourceDetail"]["PhysicalResourceId"]
    s3 = aws("s3")
    for folder in RAW_FOLDERS:
        s3.put_object(Bucket=RAW.removeprefix("s3://"), Key=f"{folder}/part.txt", Body=b"a row")
    location = {"Bucket": f"lakehouse-artifacts-{ACCOUNT_SUFFIX}", "Key": f"{role}.py"}
    s3.put_object(**location, Body=USE_FILES.encode())
    jobs = Jobs(aws)
    script = f"s3://{location['Bucket']}/{location['Key']}"

    job = jobs.create("", Role=name, GlueVersion="5.1", Command={"Name": "glueetl", "ScriptLocation": script})
    run = jobs.run(job)

    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]
    (line,) = jobs.output(run["Id"])
    assert json.loads(line) == [list(readable), []]


def test_every_job_has_the_iceberg_catalog_of_the_lake(stack: dict, aws: Callable) -> None:
    assert stack["StackName"] == "lakehouse"
    jobs = [job["DefaultArguments"] for job in aws("glue").get_jobs()["Jobs"]]
    settings = {arguments["--conf"] for arguments in jobs if arguments.get("--datalake-formats") == "iceberg"}
    assert len(settings) == 1
    catalog = dict(setting.strip().split("=") for setting in settings.pop().split("--conf"))
    assert catalog["spark.sql.catalog.glue_catalog.warehouse"] == f"s3://lakehouse-lake-{ACCOUNT_SUFFIX}/analytics"
    assert catalog["spark.sql.catalog.glue_catalog.catalog-impl"] == "org.apache.iceberg.aws.glue.GlueCatalog"
    assert len(catalog) == 5


def test_buckets_have_the_properties_of_the_template(stack: dict, aws: Callable) -> None:
    assert stack["StackName"] == "lakehouse"
    s3 = aws("s3")
    block = s3.get_public_access_block(Bucket=f"lakehouse-lake-{ACCOUNT_SUFFIX}")["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert s3.get_bucket_versioning(Bucket=f"lakehouse-artifacts-{ACCOUNT_SUFFIX}")["Status"] == "Enabled"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=f"lakehouse-athena-results-{ACCOUNT_SUFFIX}")["Rules"]
    assert [rule["Expiration"] for rule in rules if "Expiration" in rule] == [{"Days": 30}]
    pages, _ = s3.get_bucket_lifecycle_configuration(Bucket=f"lakehouse-data-docs-{ACCOUNT_SUFFIX}")["Rules"]
    assert pages["Expiration"] == {"Days": 90}
    archive, _ = s3.get_bucket_lifecycle_configuration(Bucket=f"lakehouse-raw-{ACCOUNT_SUFFIX}")["Rules"]
    assert (archive["Prefix"], archive["Expiration"]) == ("archive/", {"Days": 400})
    assert archive["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER_IR"}]


def test_athena_cancels_what_would_scan_more_than_the_parameter_allows(stack: dict, aws: Callable) -> None:
    assert stack["StackName"] == "lakehouse"
    workgroup = aws("athena").get_work_group(WorkGroup="lakehouse")["WorkGroup"]
    assert workgroup["Configuration"]["BytesScannedCutoffPerQuery"] == 100 << 30


def test_queries_of_the_template_are_in_the_workgroup(stack: dict, aws: Callable) -> None:
    assert stack["StackName"] == "lakehouse"
    athena = aws("athena")
    listed = athena.list_named_queries(WorkGroup="lakehouse")["NamedQueryIds"]
    queries = [athena.get_named_query(NamedQueryId=query_id)["NamedQuery"] for query_id in listed]
    assert {query["Name"] for query in queries} == {
        "customer-transaction-totals",
        "live-beside-market-prices",
        "live-daily-bars",
        "last-reconciliation",
        "rejects-by-reason",
        "state-of-arrived-files",
        "market-contributions",
        "market-movers",
        "market-risk",
        "sales-by-region",
        "sales-by-year",
        "sales-rejects-by-reason",
    }
    assert {query["Database"] for query in queries} == {"financial_data_db"}


def test_warehouse_answers_through_the_workgroup(stack: dict, aws: Callable) -> None:
    assert stack["StackName"] == "lakehouse"
    namespace = aws("redshift-serverless").get_namespace(namespaceName="lakehouse")["namespace"]
    assert namespace["dbName"] == "warehouse"
    assert namespace["defaultIamRoleArn"] in namespace["iamRoles"]
    request = {"WorkgroupName": "lakehouse", "Database": "warehouse"}
    assert aws("redshift-data").list_databases(**request)["Databases"] == ["warehouse"]


def test_deployment_tells_which_endpoint_of_the_stack_cannot_be_reached(stack: dict, aws: Callable) -> None:
    """The secrets of the sources are not there; the targets are buckets of the stack."""
    resources = StackDeployer(aws("cloudformation"), Recorder()).resources(stack["StackName"])
    with pytest.raises(DeploymentError) as raised:
        check_connections(aws("dms"), resources, Recorder())
    sentence = str(raised.value)
    assert sentence.startswith("DMS cannot connect to the endpoint lakehouse-")
    assert all(f"endpoint {name}: Test Endpoint failed: " in sentence for name in ("lakehouse-rds", "lakehouse-docdb"))
    assert "lakehouse-raw" not in sentence


@pytest.mark.parametrize(
    ("crawler", "dataset"), [("analytics-data-crawler", STAR_SCHEMA), ("sales-data-crawler", SALES)]
)
def test_a_crawler_looks_for_the_tables_of_a_dataset_where_the_jobs_write_them(
    stack: dict, aws: Callable, crawler: str, dataset: Dataset
) -> None:
    lake = next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == "LakeBucket")
    (target,) = aws("glue").get_crawler(Name=crawler)["Crawler"]["Targets"]["IcebergTargets"]
    assert set(target["Paths"]) == {f"s3://{lake}/analytics/{table}" for table in dataset.tables}


def test_raw_tables_and_their_files_are_apart_from_what_people_query(stack: dict, aws: Callable) -> None:
    raw = next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == "RawBucket")
    crawler = aws("glue").get_crawler(Name="postgres-data-crawler")["Crawler"]
    assert crawler["DatabaseName"] == "financial_raw_db"
    assert all(target["Path"].startswith(f"s3://{raw}/raw/") for target in crawler["Targets"]["S3Targets"])
    assert {table["Name"] for table in aws("glue").get_tables(DatabaseName="financial_raw_db")["TableList"]} == {
        "market_data",
        "market_reference",
        "transaction_events",
    }


def test_answers_of_the_market_data_api_are_crawled_into_partitions_and_queried(stack: dict, aws: Callable) -> None:
    """An answer about one symbol and one about two have no column in common."""
    s3, glue, athena = aws("s3"), aws("glue"), aws("athena")
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    bodies = ['{"meta":{"symbol":"ALBA"},"status":"ok"}', '{"ALAN":{"status":"ok"},"NONE":{"code":404}}']
    for number, body in enumerate(bodies):
        key = prices_key(date(2026, 11, 20), "run-0a1b", batch=0, request=number)
        s3.put_object(Bucket=outputs["RawBucket"], Key=key, Body=body)
    glue.start_crawler(Name="market-data-crawler")
    wait_until(lambda: glue.get_crawler(Name="market-data-crawler")["Crawler"]["State"] == "READY", "crawl", 30)
    assert glue.get_crawler(Name="market-data-crawler")["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
    partitions = glue.get_partitions(DatabaseName="financial_raw_db", TableName="market_data")["Partitions"]
    assert [partition["Values"] for partition in partitions] == [["twelve_data", "2026-11-20"]]
    query = athena.start_query_execution(
        QueryString="SELECT document FROM market_data WHERE \"date\" = '2026-11-20' ORDER BY document",
        QueryExecutionContext={"Database": "financial_raw_db"},
        WorkGroup="lakehouse",
    )["QueryExecutionId"]

    def execution() -> dict:
        return athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]

    wait_until(lambda: execution()["State"] not in {"QUEUED", "RUNNING"}, "query", 30)
    assert execution()["State"] == "SUCCEEDED", execution()
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"][1:]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == sorted(bodies)


def test_deployment_limits_what_the_workgroup_uses_to_the_parameter(stack: dict, aws: Callable) -> None:
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["RedshiftMonthlyRpuHours"] == "300"
    workgroup = aws("redshift-serverless").get_workgroup(workgroupName="lakehouse")["workgroup"]
    assert (workgroup["baseCapacity"], workgroup["maxCapacity"]) == (8, 32)
    warehouse = Warehouse(SimpleNamespace(client=aws), "lakehouse", TEMPLATE.parent, Recorder())
    for amount in (300, 300, 500):
        warehouse.limit_usage(amount)
        (limit,) = aws("redshift-serverless").list_usage_limits(resourceArn=workgroup["workgroupArn"])["usageLimits"]
        assert (limit["amount"], limit["period"], limit["breachAction"]) == (amount, "monthly", "deactivate")


def test_second_deploy_of_another_size_changes_the_jobs_and_the_full_loads_instance_in_place(
    stack: dict, aws: Callable, parameters: list[dict[str, str]], template_url: str
) -> None:
    assert stack["StackName"] == "lakehouse"
    cloudformation = aws("cloudformation")
    sizes = {
        "GlueWorkers": "3",
        "GlueWorkerType": "G.2X",
        "DmsInstanceClass": "dms.r5.xlarge",
        "DmsAllocatedStorage": "100",
    }
    changed = [{"ParameterKey": name, "ParameterValue": value} for name, value in sizes.items()]
    cloudformation.update_stack(StackName="lakehouse", TemplateURL=template_url, Parameters=[*parameters, *changed])
    events = cloudformation.describe_stack_events(StackName="lakehouse")["StackEvents"]
    updated = [event["LogicalResourceId"] for event in events if event["ResourceStatus"].startswith("UPDATE_COMPLETE")]
    jobs = {
        "TransformToStarSchema",
        "AuditDataset",
        "StockCsvToParquet",
        "MarketDataToOhlcv",
        "AggregateRegionalSales",
        "MaintainLakehouseTables",
    }
    assert set(updated) == {"lakehouse", "DmsInstance", *jobs}
    job = aws("glue").get_job(JobName="transform-to-star-schema")["Job"]
    assert (job["WorkerType"], job["NumberOfWorkers"]) == ("G.2X", 3)
    instances = aws("dms").describe_replication_instances()["ReplicationInstances"]
    (instance,) = [found for found in instances if found["ReplicationInstanceIdentifier"] == "lakehouse"]
    assert (instance["ReplicationInstanceClass"], instance["AllocatedStorage"]) == ("dms.r5.xlarge", 100)


def documents(load: dict, settings: str) -> tuple[list[dict], dict]:
    """The rules of a full load's table mappings, and its settings."""
    return json.loads(load["TableMappings"])["rules"], json.loads(load[settings])


def test_serverless_full_loads_take_the_place_of_the_tasks_and_load_the_same(
    stack: dict, aws: Callable, parameters: list[dict[str, str]], template_url: str
) -> None:
    assert stack["StackName"] == "lakehouse"
    dms, cloudformation = aws("dms"), aws("cloudformation")
    names = ("rds-to-s3-full-load", "docdb-to-s3-full-load")
    filters = [{"Name": "replication-task-id", "Values": list(names)}]
    tasks = {
        task["ReplicationTaskIdentifier"]: documents(task, "ReplicationTaskSettings")
        for task in dms.describe_replication_tasks(Filters=filters)["ReplicationTasks"]
    }
    serverless = [{"ParameterKey": "DmsServerless", "ParameterValue": "true"}]
    cloudformation.update_stack(StackName="lakehouse", TemplateURL=template_url, Parameters=[*parameters, *serverless])
    (updated,) = cloudformation.describe_stacks(StackName="lakehouse")["Stacks"]
    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    configs = {
        config["ReplicationConfigIdentifier"]: config
        for config in dms.describe_replication_configs()["ReplicationConfigs"]
    }
    assert {name: documents(configs[name], "ReplicationSettings") for name in names} == tasks
    outputs = {output["OutputKey"]: output["OutputValue"] for output in updated["Outputs"]}
    assert outputs["RdsFullLoadArn"] == configs["rds-to-s3-full-load"]["ReplicationConfigArn"]
    left = {task["ReplicationTaskIdentifier"] for task in dms.describe_replication_tasks()["ReplicationTasks"]}
    assert not left & set(names)
