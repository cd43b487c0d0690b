"""AWS::IAM::Role, with its managed policies, which moto's own type leaves out."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, Role, iam_backends

from local_aws.cloudformation.resources.base import Properties, StackResource

DEFAULT_SESSION_SECONDS = 3600


class RoleResource(StackResource, CloudFormationModel):
    type_name = "AWS::IAM::Role"
    backends = iam_backends
    is_global = True
    name_property = "RoleName"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "RoleName",
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "Tags",
        }
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn", "RoleId"})
    own_policies: Sequence[str]
    own_managed_policies: Sequence[str]

    @classmethod
    def create(cls, backend: IAMBackend, name: str, properties: Properties) -> Self:
        role = backend.create_role(
            role_name=name,
            assume_role_policy_document=_document(properties["AssumeRolePolicyDocument"]),
            path=properties.get("Path", "/"),
            permissions_boundary=properties.get("PermissionsBoundary", ""),
            description=properties.get("Description", ""),
            tags=properties.get("Tags", []),
            max_session_duration=properties.get("MaxSessionDuration", DEFAULT_SESSION_SECONDS),
        )
        resource = cls(name, {"Arn": role.arn, "RoleId": role.id})
        resource._put_policies(backend, role, properties)
        return resource

    def update(self, backend: IAMBackend, name: str, properties: Properties) -> Self:
        """Everything but name and path changes in place."""
        role = backend.get_role(self.physical_resource_id)
        if name != role.name or properties.get("Path", "/") != role.path:
            return self.replace(backend, name, properties)
        role.assume_role_policy_document = _document(properties["AssumeRolePolicyDocument"])
        role.description = properties.get("Description", "")
        role.max_session_duration = properties.get("MaxSessionDuration", DEFAULT_SESSION_SECONDS)
        role.permissions_boundary_arn = properties.get("PermissionsBoundary", "")
        backend.tag_role(name, properties.get("Tags", []))
        self._remove_own_policies(backend, role)
        self._put_policies(backend, role, properties)
        return self

    def _put_policies(self, backend: IAMBackend, role: Role, properties: Properties) -> None:
        """Those of the template's resource: others give the role policies, too, and take them away themselves."""
        self.own_policies = [policy["PolicyName"] for policy in properties.get("Policies", [])]
        self.own_managed_policies = list(properties.get("ManagedPolicyArns", []))
        for policy in properties.get("Policies", []):
            role.put_policy(policy["PolicyName"], _document(policy["PolicyDocument"]))
        for arn in self.own_managed_policies:
            backend.attach_role_policy(policy_arn=arn, role_name=role.name)

    def _remove_own_policies(self, backend: IAMBackend, role: Role) -> None:
        for name in set(self.own_policies) & set(role.policies):
            role.delete_policy(name)
        for arn in set(self.own_managed_policies) & set(role.managed_policies):
            backend.detach_role_policy(policy_arn=arn, role_name=role.name)

    @classmethod
    def delete(cls, backend: IAMBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        """Where it still is: somebody may have deleted it."""
        try:
            role = backend.get_role(physical_resource_id)
        except NotFoundException:
            return
        _remove_policies(backend, role)
        backend.delete_role(physical_resource_id)


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _remove_policies(backend: IAMBackend, role: Role) -> None:
    for name in list(role.policies):
        role.delete_policy(name)
    for arn in list(role.managed_policies):
        backend.detach_role_policy(policy_arn=arn, role_name=role.name)
