"""Deploys the CloudFormation templates, the Glue scripts and the functions to the local endpoint, as one would to AWS.

A template takes the parameters that it declares from the outputs of the templates before it, by name.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deployment.bundle import write_glue_scripts
from deployment.functions import function_codes, upload_functions
from deployment.templates import TemplateStore
from deployment.uploads import upload_folder
from stack import aws
from stack.errors import StackError
from stack.secrets import put_database_secrets
from stack.settings import REPOSITORY, StackSettings

# In the order of their deployment; the first one makes the buckets that the artefacts of the others lie in.
TEMPLATES = ("lakehouse", "airflow_role", "bucket_policies", "trades", "dashboard", "producer_role")
# The endpoint serves websites of S3, and no CloudFront.
_PARAMETERS = {"EnvironmentName": "local", "DashboardCloudFrontEnabled": "false"}
Outputs = dict[str, str]

_FOLDER = REPOSITORY / "infra"
_GLUE_SCRIPTS = "glue_scripts/"
_POLL_INTERVAL_SECONDS = 0.3


def deploy(settings: StackSettings, postgres_dsn: str, mongo_uri: str) -> Outputs:
    """Create or update the secrets, the CloudFormation stacks, the Glue scripts and the functions.

    Returns the outputs of all stacks. Raises StackError with the reason when one cannot be created or updated.
    """
    put_database_secrets(aws.client("secretsmanager", settings), postgres_dsn, mongo_uri)
    first, *others = TEMPLATES
    values = _PARAMETERS | _network_parameters(aws.client("ec2", settings))
    values |= _deploy_template(settings, first, values)
    values |= _upload_artefacts(aws.client("s3", settings), values["ArtifactsBucket"])
    for template in others:
        values |= _deploy_template(settings, template, values)
    return outputs(settings)


def is_deployed(settings: StackSettings) -> bool:
    """Whether the first CloudFormation stack is there, in whatever state."""
    return _describe(aws.client("cloudformation", settings), _stack_name(TEMPLATES[0])) is not None


def outputs(settings: StackSettings) -> Outputs:
    """Of all stacks; raises StackError when one is not deployed."""
    cloudformation = aws.client("cloudformation", settings)
    found: Outputs = {}
    for name in map(_stack_name, TEMPLATES):
        stack = _describe(cloudformation, name)
        if stack is None:
            raise StackError(f"The CloudFormation stack {name} is not deployed: run `lakehouse up`.")
        found |= _outputs_of(stack)
    return found


def _stack_name(template: str) -> str:
    return template if template == TEMPLATES[0] else f"{TEMPLATES[0]}-{template.replace('_', '-')}"


def _outputs_of(stack: dict[str, Any]) -> Outputs:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _upload_artefacts(s3: Any, bucket: str) -> dict[str, str]:
    """Bring the Glue scripts and the functions to their bucket; the parameters that name the functions' code."""
    with tempfile.TemporaryDirectory() as folder:
        write_glue_scripts(Path(folder), wheels=[])
        upload_folder(s3, bucket, Path(folder), _GLUE_SCRIPTS)
    return upload_functions(s3, bucket, function_codes(REPOSITORY))


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


def _deploy_template(settings: StackSettings, template: str, values: dict[str, str]) -> Outputs:
    """Create or update the stack of a template, which takes of the values those that it has parameters for."""
    path, name = _FOLDER / f"{template}.yaml", _stack_name(template)
    cloudformation = aws.client("cloudformation", settings)
    url = _template_store(settings).put(body := path.read_text())
    declared = cloudformation.get_template_summary(TemplateURL=url)["Parameters"]
    parameters = {
        item["ParameterKey"]: values[item["ParameterKey"]] for item in declared if item["ParameterKey"] in values
    }
    stack = _describe(cloudformation, name)
    if stack is None or not _is_up_to_date(cloudformation, stack, body, parameters):
        try:
            _create_or_update(cloudformation, stack, name, url, parameters)
        except ClientError as error:
            raise StackError(f"{path.name} was not deployed: {error.response['Error']['Message']}") from error
        _wait(cloudformation, name, path.name)
    # Users of one stack side by side: nobody's clean-up ends what the stack needs.
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=True)
    return _outputs_of(_describe(cloudformation, name) or {})


def _template_store(settings: StackSettings) -> TemplateStore:
    account_id = aws.client("sts", settings).get_caller_identity()["Account"]
    return TemplateStore(aws.client("s3", settings), account_id)


def _create_or_update(
    cloudformation: Any, stack: dict[str, Any] | None, name: str, url: str, parameters: dict[str, str]
) -> None:
    request = {
        "StackName": name,
        "TemplateURL": url,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    if stack is not None and stack["StackStatus"] != "ROLLBACK_COMPLETE":
        cloudformation.update_stack(**request)
        return
    if stack is not None:
        cloudformation.delete_stack(StackName=name)
    cloudformation.create_stack(**request)


def _is_up_to_date(cloudformation: Any, stack: dict[str, Any], template: str, parameters: dict[str, str]) -> bool:
    deployed = {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}
    return (
        stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        and parameters.items() <= deployed.items()
        and cloudformation.get_template(StackName=stack["StackName"])["TemplateBody"] == template
    )


def _wait(cloudformation: Any, name: str, template: str) -> None:
    while (stack := _describe(cloudformation, name)) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        time.sleep(_POLL_INTERVAL_SECONDS)
    if stack is None or stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise StackError(f"{template} was not deployed: {_failure(cloudformation, stack)}")


def _failure(cloudformation: Any, stack: dict[str, Any] | None) -> str:
    events = cloudformation.describe_stack_events(StackName=stack["StackName"])["StackEvents"] if stack else []
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    if not failed:
        return (stack or {}).get("StackStatusReason", "the stack has disappeared")
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', first['ResourceStatus'])}"


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
