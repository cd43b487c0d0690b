"""Managed policies of stacks: what changes in place, what by another policy, and what a failure leaves."""

import json
from collections.abc import Callable, Iterator

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.local_aws.stacks import create, failures, stack_names
from tests.roles import TRUST

ARN = "arn:aws:iam::123456789012:policy/"


def document(action: str) -> dict:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def policy(action: str, **properties: object) -> dict:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(action), **properties}}


def update(stacks: BaseClient, resources: dict) -> str:
    """The status in which the stack ends."""
    stacks.update_stack(StackName="test", TemplateBody=json.dumps({"Resources": resources}))
    return stacks.describe_stacks(StackName="test")["Stacks"][0]["StackStatus"]


@pytest.fixture
def iam(aws: Callable) -> BaseClient:
    return aws("iam")


@pytest.fixture
def holder(iam: BaseClient) -> Iterator[str]:
    """A role of nobody's stack."""
    iam.create_role(RoleName="holder", AssumeRolePolicyDocument=json.dumps(TRUST))
    yield "holder"
    for one in iam.list_attached_role_policies(RoleName="holder")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="holder", PolicyArn=one["PolicyArn"])
    iam.delete_role(RoleName="holder")


def policies(iam: BaseClient) -> dict[str, tuple[str, int]]:
    """The action that each policy allows, and to how many it is attached, by its name."""
    found = {}
    for one in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(PolicyArn=one["Arn"], VersionId=one["DefaultVersionId"])["PolicyVersion"]
        found[one["PolicyName"]] = (version["Document"]["Statement"][0]["Action"], one["AttachmentCount"])
    return found


def attached(iam: BaseClient, role: str) -> list[str]:
    return [one["PolicyName"] for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]


def test_a_named_policy_changes_in_place(stacks, iam) -> None:
    create(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="named")})
    assert update(stacks, {"Policy": policy("s3:PutObject", ManagedPolicyName="named")}) == "UPDATE_COMPLETE"
    [resource] = stacks.describe_stack_resources(StackName="test")["StackResources"]
    assert resource["PhysicalResourceId"] == f"{ARN}named"
    assert policies(iam) == {"named": ("s3:PutObject", 0)}


def test_a_policy_under_another_name_takes_the_place_of_one_that_a_role_of_the_stack_has(stacks, iam) -> None:
    def resources(name: str) -> dict:
        properties = {
            "RoleName": "of-stack",
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": [{"Ref": "Policy"}],
        }
        role = {"Type": "AWS::IAM::Role", "Properties": properties}
        return {"Role": role, "Policy": policy("s3:GetObject", ManagedPolicyName=name)}

    create(stacks, resources("first"))
    assert update(stacks, resources("second")) == "UPDATE_COMPLETE"
    assert (policies(iam), attached(iam, "of-stack")) == ({"second": ("s3:GetObject", 1)}, ["second"])
    broken = {"Type": "AWS::S3::Bucket", "DependsOn": "Role", "Properties": {"BucketName": "Not A Bucket"}}
    assert update(stacks, {**resources("third"), "Bucket": broken}) == "UPDATE_ROLLBACK_COMPLETE"
    assert (policies(iam), attached(iam, "of-stack")) == ({"second": ("s3:GetObject", 1)}, ["second"])
    assert update(stacks, resources("third")) == "UPDATE_COMPLETE"
    assert (policies(iam), attached(iam, "of-stack")) == ({"third": ("s3:GetObject", 1)}, ["third"])


def test_a_replaced_policy_leaves_the_roles_that_the_template_attached_it_to(stacks, iam, holder) -> None:
    create(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="first", Roles=[holder])})
    assert update(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="second")}) == "UPDATE_COMPLETE"
    assert (policies(iam), attached(iam, holder)) == ({"second": ("s3:GetObject", 0)}, [])


def test_a_policy_for_a_role_that_is_missing_is_not_changed_and_not_made(stacks, iam, holder) -> None:
    create(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="named", Roles=[holder])})
    wider = policy("s3:*", ManagedPolicyName="named", Roles=[holder, "missing"])
    assert update(stacks, {"Policy": wider}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "missing" in dict(failures(stacks))["Policy"]
    assert (policies(iam), attached(iam, holder)) == ({"named": ("s3:GetObject", 1)}, ["named"])
    new = policy("s3:*", ManagedPolicyName="new", Roles=[holder, "missing"])
    assert create(stacks, {"Policy": new}, "new")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert (policies(iam), attached(iam, holder)) == ({"named": ("s3:GetObject", 1)}, ["named"])


def test_a_policy_counts_each_holder_once(stacks, iam, holder) -> None:
    create(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="named", Roles=[holder])})
    iam.create_user(UserName="holding")
    for _ in range(2):
        iam.attach_role_policy(RoleName=holder, PolicyArn=f"{ARN}named")
        iam.attach_user_policy(UserName="holding", PolicyArn=f"{ARN}named")
    assert policies(iam) == {"named": ("s3:GetObject", 2)}
    iam.detach_user_policy(UserName="holding", PolicyArn=f"{ARN}named")
    iam.delete_user(UserName="holding")
    stacks.delete_stack(StackName="test")
    assert ("test" in stack_names(stacks), policies(iam)) == (False, {})


def test_what_somebody_deleted_does_not_hold_its_stack(stacks, iam) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "deleted", "AssumeRolePolicyDocument": TRUST}}
    create(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="named"), "Role": role})
    iam.delete_policy(PolicyArn=f"{ARN}named")
    iam.delete_role(RoleName="deleted")
    stacks.delete_stack(StackName="test")
    assert "test" not in stack_names(stacks)


def test_a_policy_that_somebody_else_has_holds_its_stack(stacks, iam, holder) -> None:
    create(stacks, {"Policy": policy("s3:GetObject", ManagedPolicyName="named")})
    iam.attach_role_policy(RoleName=holder, PolicyArn=f"{ARN}named")
    stacks.delete_stack(StackName="test")
    assert "attached" in dict(failures(stacks))["Policy"]
    iam.detach_role_policy(RoleName=holder, PolicyArn=f"{ARN}named")
    stacks.delete_stack(StackName="test")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_policy(PolicyArn=f"{ARN}named")


def test_a_policy_that_a_role_of_a_stack_has_is_not_deleted(stacks, iam) -> None:
    arn = iam.create_policy(PolicyName="attached", PolicyDocument=json.dumps(document("s3:GetObject")))["Policy"]["Arn"]
    properties = {"RoleName": "having", "AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [arn]}
    create(stacks, {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}})
    with pytest.raises(ClientError, match=r"\(DeleteConflict\).*Cannot delete a policy attached to entities\."):
        iam.delete_policy(PolicyArn=arn)
    stacks.delete_stack(StackName="test")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName="having")
    iam.delete_policy(PolicyArn=arn)
