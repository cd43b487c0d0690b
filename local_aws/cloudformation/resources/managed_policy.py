"""AWS::IAM::ManagedPolicy, which moto's own type neither changes nor deletes."""

import json
from contextlib import suppress
from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, ManagedPolicy, iam_backends

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.cloudformation.resources.inline_policy import HOLDERS, holders_of

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_VERSIONS = 5


class ManagedPolicyResource(StackResource, CloudFormationModel):
    type_name = "AWS::IAM::ManagedPolicy"
    backends = iam_backends
    is_global = True
    name_property = "ManagedPolicyName"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"ManagedPolicyName", "Description", "Path", "PolicyDocument", *HOLDERS}
    )
    holders: tuple[tuple[str, str], ...]
    """Roles, users and groups that the template attaches it to."""

    @classmethod
    def create(cls, backend: IAMBackend, name: str, properties: Properties) -> Self:
        _check_holders(backend, properties)
        policy = backend.create_policy(
            properties.get("Description", ""), properties.get("Path", "/"), _document(properties), name, []
        )
        resource = cls(policy.arn)
        resource._attach(backend, properties)
        return resource

    def update(self, backend: IAMBackend, name: str, properties: Properties) -> Self:
        """The document changes in place, as another version; name, description and path are those of another policy."""
        policy = backend.get_policy(self.physical_resource_id)
        asked = (name, properties.get("Description", ""), properties.get("Path", "/"))
        if asked != (policy.name, policy.description, policy.path):
            return self.replace(backend, name, properties)
        _check_holders(backend, properties)
        _put_version(backend, policy, _document(properties))
        self._detach(backend)
        self._attach(backend, properties)
        return self

    @classmethod
    def delete(cls, backend: IAMBackend, physical_resource_id: str, properties: Properties) -> None:
        """Where it still is: somebody may have deleted it."""
        resource = cls(physical_resource_id)
        resource.holders = tuple(holders_of(properties))
        resource._detach(backend)
        with suppress(NotFoundException):
            backend.delete_policy(physical_resource_id)

    def _attach(self, backend: IAMBackend, properties: Properties) -> None:
        self.holders = tuple(holders_of(properties))
        for kind, holder in self.holders:
            getattr(backend, f"attach_{kind}_policy")(self.physical_resource_id, holder)

    def _detach(self, backend: IAMBackend) -> None:
        """Where it still is: a role may be gone, and somebody may have detached it."""
        for kind, holder in self.holders:
            with suppress(NotFoundException):
                getattr(backend, f"detach_{kind}_policy")(self.physical_resource_id, holder)


def _check_holders(backend: IAMBackend, properties: Properties) -> None:
    """Before anything is changed. Raises NotFoundException for one that is missing."""
    for kind, holder in holders_of(properties):
        getattr(backend, f"get_{kind}")(holder)


def _document(properties: Properties) -> str:
    return json.dumps(properties["PolicyDocument"], default=str)


def _put_version(backend: IAMBackend, policy: ManagedPolicy, document: str) -> None:
    """Make the document the default version, in the place of the oldest one where there are as many as may be."""
    if len(policy.versions) == MOST_VERSIONS:
        oldest = next(one for one in policy.versions if one.version_id != policy.default_version_id)
        backend.delete_policy_version(policy.arn, oldest.version_id)
    backend.create_policy_version(policy.arn, document, set_as_default=True)
