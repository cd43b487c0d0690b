"""Services and operations that would only pretend are refused; what the endpoint has, it says."""

import re

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto.backends import list_of_moto_modules

from local_aws.refused_services import REFUSALS
from local_aws.services import STATE_ONLY, is_served, served_services, service_packages
from tests.conftest import REPOSITORY, Endpoint

# A request per protocol and per service that the issue of a false success would be worst in.
PRETENDERS = [
    ("stepfunctions", "create_state_machine", {"name": "m", "definition": "{}", "roleArn": "arn:aws:iam::1:role/r"}),
    ("emr", "run_job_flow", {"Name": "c", "Instances": {}}),
    ("rds", "describe_db_instances", {}),
    ("docdb", "describe_db_clusters", {}),
    ("neptune", "describe_db_clusters", {}),
    ("redshift", "describe_clusters", {}),
    ("firehose", "list_delivery_streams", {}),
    ("lakeformation", "list_permissions", {}),
    ("batch", "describe_job_queues", {}),
    ("ecs", "list_clusters", {}),
    ("sagemaker", "list_models", {}),
    ("opensearch", "list_domain_names", {}),
    ("kafka", "list_clusters", {}),
    ("mwaa", "list_environments", {}),
    ("bedrock", "list_custom_models", {}),
    ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": b"{}"}),
    ("emr-serverless", "list_applications", {}),
    ("emr-containers", "list_virtual_clusters", {}),
    ("eks", "list_clusters", {}),
    ("appsync", "list_graphql_apis", {}),
    ("cloudfront", "list_distributions", {}),
    ("route53", "list_hosted_zones", {}),
    ("quicksight", "list_data_sets", {"AwsAccountId": "123456789012"}),
    ("scheduler", "list_schedules", {}),
    ("timestream-write", "list_tables", {}),
    ("codestar-connections", "list_connections", {}),
]
PRETENDING_OPERATIONS = [
    ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1"}),
    ("ec2", "create_volume", {"AvailabilityZone": "us-east-1a", "Size": 1}),
    ("ec2", "create_nat_gateway", {"SubnetId": "subnet-1"}),
    (
        "logs",
        "put_subscription_filter",
        {"logGroupName": "g", "filterName": "f", "filterPattern": "", "destinationArn": "arn:aws:firehose:::d"},
    ),
    ("logs", "create_export_task", {"logGroupName": "g", "fromTime": 0, "to": 1, "destination": "b"}),
    ("cloudformation", "create_stack_set", {"StackSetName": "s"}),
    ("events", "create_archive", {"ArchiveName": "a", "EventSourceArn": "arn:aws:events:us-east-1:1:event-bus/b"}),
    ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript"}),
    ("sns", "create_platform_application", {"Name": "n", "Platform": "GCM", "Attributes": {}}),
]


def refusal(call, **parameters) -> str:
    """The sentence of a refusal."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    return error.value.response["Error"]["Message"]


@pytest.mark.parametrize(("service", "operation", "parameters"), PRETENDERS, ids=[one[0] for one in PRETENDERS])
def test_service_that_would_pretend_is_refused_in_one_sentence(
    aws_endpoint: Endpoint, service: str, operation: str, parameters: dict
) -> None:
    client = aws_endpoint.client(service, config=boto3.session.Config(inject_host_prefix=False))
    sentence = refusal(getattr(client, operation), **parameters)
    assert re.fullmatch(r".+ is not supported by the local endpoint: .+\.", sentence)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"), PRETENDING_OPERATIONS, ids=[one[1] for one in PRETENDING_OPERATIONS]
)
def test_operation_that_would_pretend_is_refused_by_its_name(
    aws, service: str, operation: str, parameters: dict
) -> None:
    sentence = refusal(getattr(aws(service), operation), **parameters)
    assert operation.replace("_", "") in sentence.lower()


def test_every_service_of_moto_is_executed_here_or_kept_as_state_or_refused(aws_endpoint: Endpoint) -> None:
    packages = service_packages()
    executed = {package.replace("_", "") for package in packages}
    services = {
        name for name in list_of_moto_modules() if name not in {"core", "moto_proxy", "moto_server", "utilities"}
    }
    assert len(services) > 100
    served = {name for name in services if is_served(name, packages)}
    assert served == (executed | set(STATE_ONLY)) & services
    assert not set(STATE_ONLY) & executed
    assert not set(REFUSALS) & served
    assert all(one.keeps for one in STATE_ONLY.values())
    health = requests.get(f"{aws_endpoint.url}/_lakehouse/health", timeout=10).json()
    assert health["services"] == served_services()


def test_resetting_the_endpoint_by_the_interface_of_moto_is_refused(aws_endpoint: Endpoint) -> None:
    aws_endpoint.client("sqs").create_queue(QueueName="not-reset")
    answer = requests.post(f"{aws_endpoint.url}/moto-api/reset", timeout=10)
    assert answer.status_code == 501
    assert aws_endpoint.client("sqs").get_queue_url(QueueName="not-reset")["QueueUrl"]


def test_docs_name_every_service_whose_state_is_kept() -> None:
    docs = (REPOSITORY / "docs/architecture.md").read_text()
    assert [name for name, service in STATE_ONLY.items() if service.keeps not in docs] == []


def test_docs_tell_of_each_service_once() -> None:
    section = (REPOSITORY / "docs/architecture.md").read_text().partition("## The local AWS endpoint")[2]
    table, _, after = section.partition("\n\n**A role may do what its policies say.**")
    names = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert len(names) > 15
    assert len(names) == len(set(names))
    assert not re.search("^[|]", after.partition("### ")[0], re.MULTILINE)
