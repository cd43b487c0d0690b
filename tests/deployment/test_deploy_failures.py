"""What a person can mend is one sentence, and deploying again finishes the work."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.stub import Stubber

from deployment.change_sets import StackDeployer, StackRequest
from deployment.errors import DeploymentError, explained_errors
from deployment.stack_events import failure_reason
from tests.deployment.deployed_account import REGION, TEMPLATES, Recorder, parameter, topic


def test_declined_change_leaves_no_stack(account):
    account.terminal.agrees = False
    with pytest.raises(DeploymentError, match=f"Stopped before lakehouse-{account.environment}-account"):
        account.deploy()
    assert account.stacks() == {}


def test_half_of_an_existing_network_is_refused(account):
    with pytest.raises(DeploymentError, match="needs AirflowSecurityGroupIds and AirflowSubnetIds and Sec"):
        account.deploy(VpcId="vpc-9", SubnetIds="subnet-9")


def test_unknown_parameter_is_refused_by_name(account):
    with pytest.raises(DeploymentError, match="No template to deploy has a parameter 'GlueWorker'"):
        account.deploy(GlueWorker="9")


def test_missing_value_is_named_with_its_template(account):
    account.write_template("monitoring", {"Parameters": parameter("Pager"), "Resources": topic()})
    with pytest.raises(DeploymentError, match=r"infra/monitoring\.yaml needs Pager"):
        account.deploy()


def test_missing_artefact_is_named_before_anything_is_deployed(account):
    (account.folder / "infra" / "mwaa" / "startup.sh").unlink()
    with pytest.raises(DeploymentError, match=r"startup\.sh is missing"):
        account.deploy()
    assert account.stacks() == {}


def test_missing_template_is_named(account):
    (account.templates / "monitoring.yaml").unlink()
    with pytest.raises(DeploymentError, match=r"monitoring\.yaml is missing"):
        account.deploy()


UNSUPPORTED = {"Resources": {"Broken": {"Type": "AWS::Synthetics::Canary", "Properties": {}}}}


def test_failure_names_the_resource_and_the_reason(account):
    account.write_template("monitoring", UNSUPPORTED)
    sentence = f"lakehouse-{account.environment}-monitoring was not deployed, Broken: AWS::Synthetics::Canary is not"
    with pytest.raises(DeploymentError, match=sentence):
        account.deploy()
    assert any("CREATE_FAILED" in line and "Broken" in line for line in account.terminal.lines)


def test_repeating_after_a_failed_creation_finishes_the_work(account):
    account.write_template("monitoring", UNSUPPORTED)
    with pytest.raises(DeploymentError):
        account.deploy()
    assert account.status("monitoring") == "ROLLBACK_COMPLETE"
    account.write_template("monitoring", TEMPLATES["monitoring"])
    account.deploy()
    assert account.status("monitoring") == "CREATE_COMPLETE"


def test_repeating_after_a_rolled_back_update_finishes_the_work(account):
    account.deploy()
    account.write_template("monitoring", UNSUPPORTED)
    with pytest.raises(DeploymentError, match="was not deployed, Broken"):
        account.deploy()
    assert account.status("monitoring") == "UPDATE_ROLLBACK_COMPLETE"
    account.write_template("monitoring", {"Resources": topic() | {"Second": {"Type": "AWS::SNS::Topic"}}})
    account.deploy()
    assert account.status("monitoring") == "UPDATE_COMPLETE"


def test_change_set_that_nobody_answered_is_no_obstacle(account):
    account.cloudformation.create_change_set(
        StackName=f"lakehouse-{account.environment}-monitoring",
        ChangeSetName="left-behind",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(TEMPLATES["monitoring"]),
    )
    account.deploy()
    assert account.status("monitoring") == "CREATE_COMPLETE"


def test_stuck_rollback_is_one_sentence_with_the_command_to_run():
    client = boto3.client("cloudformation", REGION, aws_access_key_id="local", aws_secret_access_key="local")
    stack = {"StackName": "lakehouse-dev-network", "StackStatus": "UPDATE_ROLLBACK_FAILED", "CreationTime": 0}
    command = "aws cloudformation continue-update-rollback --stack-name lakehouse-dev-network --region us-east-1"
    with Stubber(client) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": [stack]})
        with pytest.raises(DeploymentError, match=command):
            StackDeployer(client, Recorder()).deploy(StackRequest("lakehouse-dev-network", "", {}, {}))


def test_taken_bucket_name_is_told_with_a_way_forward():
    client = boto3.client("cloudformation", REGION, aws_access_key_id="local", aws_secret_access_key="local")
    event = {
        "StackId": "stack",
        "EventId": "1",
        "StackName": "lakehouse-dev-lakehouse",
        "LogicalResourceId": "LakeBucket",
        "PhysicalResourceId": "lakehouse-lake-1-us-east-1",
        "ResourceType": "AWS::S3::Bucket",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "lakehouse-lake-1-us-east-1 already exists",
        "Timestamp": 0,
    }
    with Stubber(client) as stubber:
        stubber.add_response("describe_stack_events", {"StackEvents": [event]})
        assert failure_reason(client, "lakehouse-dev-lakehouse") == (
            "LakeBucket: lakehouse-lake-1-us-east-1 already exists. The bucket name lakehouse-lake-1-us-east-1 is "
            "taken: if the bucket is yours, import it into the stack or remove it."
        )


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "The AWS credentials have expired: sign in again"),
        ("UnrecognizedClientException", "AWS does not accept the credentials in region us-east-1"),
        ("AccessDenied", "The AWS user or role may not do this: no\\."),
        ("ValidationError", "AWS answered ValidationError to CreateChangeSet in region us-east-1: no\\."),
    ],
)
def test_answers_of_aws_become_sentences(code, sentence):
    answer = ClientError({"Error": {"Code": code, "Message": "no."}}, "CreateChangeSet")
    with pytest.raises(DeploymentError, match=sentence), explained_errors(REGION):
        raise answer


def test_missing_credentials_become_a_sentence():
    with pytest.raises(DeploymentError, match="There are no AWS credentials to use"), explained_errors(REGION):
        raise NoCredentialsError
