"""Deploys the CloudFormation template and the Glue scripts to the local endpoint, as one would to AWS."""

import tempfile
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deployment.bundle import write_glue_scripts
from deployment.templates import TemplateStore
from deployment.uploads import upload_folder
from stack import aws
from stack.errors import StackError
from stack.secrets import put_database_secrets
from stack.settings import REPOSITORY, StackSettings

STACK_NAME = "lakehouse"
Outputs = dict[str, str]

_TEMPLATE = REPOSITORY / "infra" / "lakehouse.yaml"
_GLUE_SCRIPTS = "glue_scripts/"
_POLL_INTERVAL_SECONDS = 0.3


def deploy(settings: StackSettings, postgres_dsn: str, mongo_uri: str) -> Outputs:
    """Create or update the secrets, the CloudFormation stack and the Glue scripts; returns the stack's outputs.

    Raises StackError with the reason when the stack cannot be created or updated.
    """
    put_database_secrets(aws.client("secretsmanager", settings), postgres_dsn, mongo_uri)
    cloudformation = aws.client("cloudformation", settings)
    account_id = aws.client("sts", settings).get_caller_identity()["Account"]
    store = TemplateStore(aws.client("s3", settings), account_id)
    _create_or_update(cloudformation, store, _network_parameters(aws.client("ec2", settings)))
    stack_outputs = outputs(settings)
    with tempfile.TemporaryDirectory() as folder:
        write_glue_scripts(Path(folder), wheels=[])
        upload_folder(aws.client("s3", settings), stack_outputs["ArtifactsBucket"], Path(folder), _GLUE_SCRIPTS)
    return stack_outputs


def is_deployed(settings: StackSettings) -> bool:
    """Whether the CloudFormation stack is there, in whatever state."""
    return _describe(aws.client("cloudformation", settings)) is not None


def outputs(settings: StackSettings) -> Outputs:
    """Raises StackError when the CloudFormation stack is not deployed."""
    stack = _describe(aws.client("cloudformation", settings))
    if stack is None:
        raise StackError(f"The CloudFormation stack {STACK_NAME} is not deployed: run `lakehouse up`.")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _network_parameters(ec2: Any) -> dict[str, str]:
    """The default VPC of the endpoint, which every AWS region has too."""
    default_vpc = [{"Name": "is-default", "Values": ["true"]}]
    vpc = ec2.describe_vpcs(Filters=default_vpc)["Vpcs"][0]["VpcId"]
    in_vpc = {"Name": "vpc-id", "Values": [vpc]}
    subnets = ec2.describe_subnets(Filters=[in_vpc])["Subnets"]
    groups = ec2.describe_security_groups(Filters=[in_vpc, {"Name": "group-name", "Values": ["default"]}])
    return {
        "SubnetIds": ",".join(sorted(subnet["SubnetId"] for subnet in subnets)),
        "SecurityGroupIds": ",".join(group["GroupId"] for group in groups["SecurityGroups"]),
    }


def _create_or_update(cloudformation: Any, store: TemplateStore, parameters: dict[str, str]) -> None:
    template = _TEMPLATE.read_text()
    stack = _describe(cloudformation)
    if stack is not None and _is_up_to_date(cloudformation, stack, template, parameters):
        return
    request = {
        "StackName": STACK_NAME,
        "TemplateURL": store.put(template),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM"],
    }
    try:
        if stack is None or stack["StackStatus"] == "ROLLBACK_COMPLETE":
            _delete(cloudformation, stack)
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        raise StackError(f"{_TEMPLATE.name} was not deployed: {error.response['Error']['Message']}") from error
    _wait(cloudformation)


def _is_up_to_date(cloudformation: Any, stack: dict[str, Any], template: str, parameters: dict[str, str]) -> bool:
    deployed = {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}
    return (
        stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        and parameters.items() <= deployed.items()
        and cloudformation.get_template(StackName=STACK_NAME)["TemplateBody"] == template
    )


def _delete(cloudformation: Any, stack: dict[str, Any] | None) -> None:
    if stack is not None:
        cloudformation.delete_stack(StackName=STACK_NAME)


def _wait(cloudformation: Any) -> None:
    while (stack := _describe(cloudformation)) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(_POLL_INTERVAL_SECONDS)
    if stack is None or stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise StackError(f"{_TEMPLATE.name} was not deployed: {_failure(cloudformation, stack)}")


def _failure(cloudformation: Any, stack: dict[str, Any] | None) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"] if stack else []
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    if not failed:
        return (stack or {}).get("StackStatusReason", "the stack has disappeared")
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', first['ResourceStatus'])}"


def _describe(cloudformation: Any) -> dict[str, Any] | None:
    try:
        return cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
