"""AWS::IAM::Policy: a document that stands in roles, users and groups under one name."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends

from local_aws.cloudformation.resources.base import Properties, StackResource

HOLDERS = {"Roles": "role", "Users": "user", "Groups": "group"}


class InlinePolicyResource(StackResource, CloudFormationModel):
    type_name = "AWS::IAM::Policy"
    backends = iam_backends
    is_global = True
    supported_properties: ClassVar[frozenset[str]] = frozenset({"PolicyName", "PolicyDocument", *HOLDERS})

    def __init__(self, physical_resource_id: str, properties: Properties) -> None:
        super().__init__(physical_resource_id)
        self.policy_name = properties["PolicyName"]
        self.role_names, self.user_names, self.group_names = (properties.get(name) for name in HOLDERS)

    @classmethod
    def create(cls, backend: IAMBackend, name: str, properties: Properties) -> Self:
        document = json.dumps(properties["PolicyDocument"], default=str)
        for kind, holder in holders_of(properties):
            getattr(backend, f"put_{kind}_policy")(holder, properties["PolicyName"], document)
        return cls(name, properties)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,  # noqa: ARG003 - the name stays
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        backend, original = cls.backend_of(account_id, region_name), original_resource
        before = dict(zip(HOLDERS, (original.role_names, original.user_names, original.group_names), strict=True))
        _remove(backend, before | {"PolicyName": original.policy_name})
        return cls.create(backend, original.physical_resource_id, cloudformation_json["Properties"])

    @classmethod
    def delete(cls, backend: IAMBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        _remove(backend, properties)


def holders_of(properties: Properties) -> Iterator[tuple[str, str]]:
    """Kind and name of each role, user and group."""
    for name, kind in HOLDERS.items():
        yield from ((kind, holder) for holder in properties.get(name) or [])


def _remove(backend: IAMBackend, properties: Properties) -> None:
    """Where it still stands: a role may be gone, and somebody may have removed it."""
    for kind, holder in holders_of(properties):
        with suppress(NotFoundException):
            getattr(backend, f"delete_{kind}_policy")(holder, properties["PolicyName"])
