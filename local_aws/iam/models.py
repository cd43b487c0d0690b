"""The IAM backend, which knows AWS's managed policies as they are asked for."""

import json
from functools import cache
from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy

AWS_POLICIES = ":iam::aws:policy/"


@cache
def aws_policies() -> dict[str, dict[str, Any]]:
    """moto's copy of AWS's managed policies by their names, a thousand of them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.loads(aws_managed_policies_data)


class LocalIAMBackend(IAMBackend):
    """moto has the text of AWS's own policies but, unless told, loads none of them."""

    def load_aws_policy(self, arn: str) -> None:
        """Have the policy among the known ones, if it is one of AWS's."""
        name = arn.rpartition("/")[2]
        if AWS_POLICIES not in arn or arn in self.managed_policies or name not in aws_policies():
            return
        policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, aws_policies()[name])
        if policy.arn == arn:
            self.managed_policies[arn] = policy

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """Once, however often it is asked for (IAM API reference, AttachRolePolicy): moto would count it again."""
        self.load_aws_policy(policy_arn)
        if policy_arn not in self.get_role(role_name).managed_policies:
            super().attach_role_policy(policy_arn, role_name)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        self.load_aws_policy(policy_arn)
        if policy_arn not in self.get_user(user_name).managed_policies:
            super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        self.load_aws_policy(policy_arn)
        super().attach_group_policy(policy_arn, group_name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        self.load_aws_policy(policy_arn)
        return super().get_policy(policy_arn)

    def delete_policy(self, policy_arn: str) -> None:
        """Raises DeleteConflictException for one that is attached, which moto would delete."""
        arn = self.get_policy(policy_arn).arn
        holders = (*self.roles.values(), *self.users.values(), *self.groups.values())
        if any(arn in holder.managed_policies for holder in holders):
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        super().delete_policy(policy_arn)

    def delete_user(self, user_name: str) -> None:
        """Raises DeleteConflictException for one that has anything (IAM API reference, DeleteUser).

        AWS's words for each, by those who quote them: rebuy-de/aws-nuke, issues 281, 470 and 671; cloud-custodian,
        issue 1663; aws-controllers-k8s, issue 2229.
        """
        user = self.get_user(user_name)
        held = {
            "delete access keys": user.access_keys,
            "delete login profile": user.password,
            "remove users from group": self.get_groups_for_user(user_name),
            "delete MFA device": user.mfa_devices,
            "delete certificates": user.signing_certificates,
            "remove referenced objects": user.ssh_public_keys,
        }
        for what, found in held.items():
            if found:
                raise DeleteConflictException(f"Cannot delete entity, must {what} first.")
        super().delete_user(user_name)

    def delete_group(self, group_name: str) -> None:
        """Raises DeleteConflictException for one that holds anything (IAM API reference, DeleteGroup)."""
        if group := self.groups.get(group_name):
            if group.users:
                raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
            if group.managed_policies:
                raise DeleteConflictException("Cannot delete entity, must detach all policies first.")
            if group.policies:
                raise DeleteConflictException("Cannot delete entity, must delete policies first.")
        super().delete_group(group_name)
