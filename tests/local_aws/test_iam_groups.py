"""Groups of IAM: what they hold keeps them and their policies from being deleted."""

import json
from collections.abc import Callable

import pytest
from botocore.client import BaseClient

from tests.local_aws.refusals import refusal

DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
GROUP = "analysts"


@pytest.fixture(scope="module")
def iam(aws: Callable) -> BaseClient:
    return aws("iam")


def test_a_group_is_deleted_when_it_holds_nothing_any_more(iam) -> None:
    iam.create_group(GroupName=GROUP)
    arn = iam.create_policy(PolicyName="reading", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_user(UserName="analyst")
    iam.attach_group_policy(GroupName=GROUP, PolicyArn=arn)
    iam.put_group_policy(GroupName=GROUP, PolicyName="inline", PolicyDocument=DOCUMENT)
    iam.add_user_to_group(GroupName=GROUP, UserName="analyst")

    of_user = refusal(iam.delete_user, UserName="analyst")
    with_user = refusal(iam.delete_group, GroupName=GROUP)
    iam.remove_user_from_group(GroupName=GROUP, UserName="analyst")
    with_managed_policy = refusal(iam.delete_group, GroupName=GROUP)
    of_policy = refusal(iam.delete_policy, PolicyArn=arn)
    iam.detach_group_policy(GroupName=GROUP, PolicyArn=arn)
    with_inline_policy = refusal(iam.delete_group, GroupName=GROUP)
    iam.delete_group_policy(GroupName=GROUP, PolicyName="inline")
    iam.delete_group(GroupName=GROUP)
    iam.delete_policy(PolicyArn=arn)
    iam.delete_user(UserName="analyst")

    assert of_user == with_user == "DeleteConflict: Cannot delete entity, must remove users from group first."
    assert with_managed_policy == "DeleteConflict: Cannot delete entity, must detach all policies first."
    assert with_inline_policy == "DeleteConflict: Cannot delete entity, must delete policies first."
    assert of_policy == "DeleteConflict: Cannot delete a policy attached to entities."
    assert refusal(iam.get_group, GroupName=GROUP).startswith("NoSuchEntity: ")


def test_a_group_that_is_missing_is_refused_as_missing(iam) -> None:
    assert refusal(iam.delete_group, GroupName="missing").startswith("NoSuchEntity: The group with name missing ")
