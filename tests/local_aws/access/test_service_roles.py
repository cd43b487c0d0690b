"""What services do under a role: jobs, crawlers and functions have the rights of their roles and no others."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.access.conftest import TRUSTS_GLUE_AND_ACCOUNT, ActingRole, allow
from tests.local_aws.awslambda.conftest import archive, wait_for
from tests.local_aws.redshift_warehouse import Warehouse, create_warehouse

BUCKET, DATABASE = "access-services", "access_services"
GLUE = "arn:aws:glue:us-east-1:123456789012"
ENTRIES = [f"{GLUE}:catalog", f"{GLUE}:database/{DATABASE}", f"{GLUE}:table/{DATABASE}/*"]
SCRIPT = allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/scripts/*")
NOBODY = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
COPYING_SCRIPT = f"""
import boto3
s3 = boto3.client("s3")
rows = s3.get_object(Bucket="{BUCKET}", Key="rows/a.csv")["Body"].read()
s3.put_object(Bucket="{BUCKET}", Key="out/b.csv", Body=rows)
"""


@pytest.fixture(scope="module", autouse=True)
def lake(aws: Callable) -> None:
    aws("s3").create_bucket(Bucket=BUCKET)
    aws("s3").put_object(Bucket=BUCKET, Key="rows/a.csv", Body=b"id,name\n1,ALBA\n2,BORO\n")
    aws("s3").put_object(Bucket=BUCKET, Key="scripts/move_rows.py", Body=COPYING_SCRIPT.encode())
    aws("glue").create_database(DatabaseInput={"Name": DATABASE})


def run_job(glue: Any, role: ActingRole) -> dict:
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{BUCKET}/scripts/move_rows.py", "PythonVersion": "3.9"}
    glue.create_job(Name=role.name, Role=role.arn, Command=command)
    return run_again(glue, role)


def run_again(glue: Any, role: ActingRole) -> dict:
    run_id = glue.start_job_run(JobName=role.name)["JobRunId"]

    def ended() -> dict | None:
        run = glue.get_job_run(JobName=role.name, RunId=run_id)["JobRun"]
        return run if run["JobRunState"] in {"SUCCEEDED", "FAILED"} else None

    return wait_for(ended, 60)


def test_job_has_the_rights_of_its_role(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    role = make_role(SCRIPT, allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/rows/*"))
    run = run_job(aws("glue"), role)
    assert run["JobRunState"] == "FAILED"
    assert (
        f"assumed-role/{role.name}/GlueJobRunnerSession is not authorized to perform: s3:PutObject"
        in run["ErrorMessage"]
    )
    role.allow(SCRIPT, allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/*"))
    assert run_again(aws("glue"), role)["JobRunState"] == "SUCCEEDED"
    assert aws("s3").get_object(Bucket=BUCKET, Key="out/b.csv")["Body"].read() == b"id,name\n1,ALBA\n2,BORO\n"


def test_job_of_a_role_that_does_not_trust_glue_fails(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    run = run_job(aws("glue"), make_role(SCRIPT, trust=NOBODY))
    assert "should be given assume role permissions for Glue Service" in run["ErrorMessage"]


def crawl(glue: Any, role: ActingRole) -> dict:
    glue.create_crawler(
        Name=role.name, Role=role.arn, DatabaseName=DATABASE, Targets={"S3Targets": [{"Path": f"s3://{BUCKET}/rows/"}]}
    )
    glue.start_crawler(Name=role.name)

    def ended() -> dict | None:
        crawler = glue.get_crawler(Name=role.name)["Crawler"]
        return crawler["LastCrawl"] if crawler["State"] == "READY" else None

    return wait_for(ended, 60)


def test_crawler_has_the_rights_of_its_role(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    files = allow(["s3:ListBucket", "s3:GetObject"], [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/rows/*"])
    reading = allow(["glue:GetDatabase", "glue:GetTable", "glue:GetTables"], ENTRIES)
    last = crawl(aws("glue"), make_role(files, reading))
    assert last["Status"] == "FAILED"
    assert "glue:CreateTable on resource" in last["ErrorMessage"]
    assert crawl(aws("glue"), make_role(files, reading, allow("glue:CreateTable", ENTRIES)))["Status"] == "SUCCEEDED"
    assert aws("glue").get_table(DatabaseName=DATABASE, Name="rows")["Table"]["StorageDescriptor"]["Columns"]


def test_function_is_not_made_with_a_role_that_lambda_is_denied(make_role: Callable[..., ActingRole], aws: Callable):
    service = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = make_role(trust={"Statement": [{"Effect": "Allow", **service}, {"Effect": "Deny", **service}]})
    function = {"FunctionName": "access-denied", "Runtime": "python3.12", "Handler": "app.handler"}
    with pytest.raises(ClientError, match=r"The role defined for the function cannot be assumed by Lambda\."):
        aws("lambda").create_function(**function, Role=role.arn, Code={"ZipFile": b""})


def test_mapping_needs_a_role_that_reads_its_source(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    since = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    trust = {
        **TRUSTS_GLUE_AND_ACCOUNT["Statement"][0],
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Condition": since,
    }
    role = make_role(trust={"Statement": [trust]})
    source = "def handler(event, context):\n    return len(event['Records'])\n"
    functions = aws("lambda")
    functions.create_function(
        FunctionName="access-reader",
        Runtime="python3.12",
        Handler="app.handler",
        Role=role.arn,
        Code={"ZipFile": archive({"app.py": source})},
    )
    queue = aws("sqs").create_queue(QueueName="access-source")["QueueUrl"]
    source = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = {"FunctionName": "access-reader", "EventSourceArn": source}
    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage on SQS"):
        functions.create_event_source_mapping(**mapping)
    before = {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    revoked = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": before}
    role.allow(allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], source), revoked)
    created = functions.create_event_source_mapping(**mapping)
    functions.delete_event_source_mapping(UUID=created["UUID"])


def test_copy_reads_with_the_rights_of_its_role(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role, other = make_role(trust={"Statement": [trust]}), make_role()
    roles = [role.arn, other.arn]
    aws("redshift-serverless").create_namespace(namespaceName="access", dbName="access", iamRoles=roles)
    aws("redshift-serverless").create_workgroup(workgroupName="access", namespaceName="access")
    warehouse = Warehouse(aws("redshift-data"), "access", "access")
    warehouse.run("CREATE TABLE names (id INT, name VARCHAR(9))")

    def copy(arn: str) -> dict:
        return warehouse.describe(f"COPY names FROM 's3://{BUCKET}/rows/' IAM_ROLE '{arn}' CSV IGNOREHEADER 1")

    assert f"Not authorized to assume IAM Role {other.arn}" in copy(other.arn)["Error"]
    assert f"assumed-role/{role.name}/RedshiftIamRoleSession is not authorized" in copy(role.arn)["Error"]
    role.allow(allow(["s3:ListBucket", "s3:GetObject"], [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/rows/*"]))
    assert copy(role.arn)["Status"] == "FINISHED"
    assert warehouse.rows("SELECT name FROM names ORDER BY id") == [["ALBA"], ["BORO"]]


def test_statement_is_told_only_to_its_sender(make_role: Callable[..., ActingRole], aws: Callable) -> None:
    warehouse = create_warehouse(aws, "access_owners")
    own = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}
    role = make_role(
        allow(["redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"], "*"),
        allow("redshift-data:DescribeStatement", "*", Condition=own),
    )
    client = role.client("redshift-data")
    own_id = client.execute_statement(Sql="SELECT 1", **warehouse.place)["Id"]
    assert client.describe_statement(Id=own_id)["Id"] == own_id
    other_id = warehouse.run("SELECT 1")["Id"]
    with pytest.raises(ClientError, match="not authorized to perform: redshift-data:DescribeStatement"):
        client.describe_statement(Id=other_id)
