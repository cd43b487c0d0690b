"""AWS::Athena::WorkGroup and AWS::Athena::NamedQuery."""

from typing import Any, ClassVar, Self

from moto.athena.models import athena_backends
from moto.core.common_models import CloudFormationModel

from local_aws.athena.models import PRIMARY, LocalAthenaBackend
from local_aws.cloudformation.resources.base import Properties, StackResource


class AthenaWorkGroup(CloudFormationModel):
    """A workgroup of a stack; Ref is its name."""

    supported_properties = frozenset(
        {"Name", "State", "Description", "RecursiveDeleteOption", "WorkGroupConfiguration"}
    )

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Athena::WorkGroup"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "AthenaWorkGroup":
        properties = cloudformation_json["Properties"]
        name = properties.get("Name", resource_name)
        backend = _backend(account_id, region_name)
        backend.create_work_group(
            name, _configuration(properties), properties.get("Description"), properties.get("Tags")
        )
        backend.update_work_group(name, {"State": properties.get("State")})
        return cls(name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "AthenaWorkGroup",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "AthenaWorkGroup":
        """The template's configuration replaces the workgroup's; another name is another workgroup."""
        properties = cloudformation_json["Properties"]
        if properties.get("Name", original_resource.name) != original_resource.name:
            created = cls.create_from_cloudformation_json(
                new_resource_name, cloudformation_json, account_id, region_name
            )
            cls.delete_from_cloudformation_json(original_resource.name, cloudformation_json, account_id, region_name)
            return created
        backend = _backend(account_id, region_name)
        configuration = _configuration(properties)
        request = {
            "State": properties.get("State"),
            "Description": properties.get("Description", ""),
            "ConfigurationUpdates": configuration
            | {"RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery" not in configuration},
        }
        backend.update_work_group(original_resource.name, request)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        backend = _backend(account_id, region_name)
        if resource_name in backend.work_groups:
            is_recursive = cloudformation_json.get("Properties", {}).get("RecursiveDeleteOption")
            backend.remove_work_group(resource_name, str(is_recursive).lower() == "true")

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "CreationTime"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        raise AttributeError(f"AWS::Athena::WorkGroup has no attribute {attribute_name} here")


class AthenaNamedQuery(StackResource, CloudFormationModel):
    """A named query of a stack; Ref is its id. Athena cannot change one: another takes its place."""

    type_name = "AWS::Athena::NamedQuery"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Database", "Description", "Name", "QueryString", "WorkGroup"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"NamedQueryId"})

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        query_id = _backend(account_id, region_name).create_named_query(
            properties.get("Name", name),
            properties.get("Description", ""),
            properties["Database"],
            properties["QueryString"],
            properties.get("WorkGroup", PRIMARY),
        )
        return cls(query_id, {"NamedQueryId": query_id})

    def update(self, name: str, properties: Properties, account_id: str, region_name: str) -> Self:
        replacement = self.create(name, properties, account_id, region_name)
        self.delete_resource(self.physical_resource_id, properties, account_id, region_name)
        return replacement

    @classmethod
    def delete_resource(
        cls,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
        account_id: str,
        region_name: str,
    ) -> None:
        _backend(account_id, region_name).named_queries.pop(physical_resource_id, None)


def _backend(account_id: str, region_name: str) -> LocalAthenaBackend:
    return athena_backends[account_id][region_name]


def _configuration(properties: dict[str, Any]) -> dict[str, Any]:
    """The workgroup's configuration with the types that the API has: a template may hold "true" and "10"."""
    configuration = dict(properties.get("WorkGroupConfiguration") or {})
    for name, value in configuration.items():
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            configuration[name] = value.lower() == "true"
    if "BytesScannedCutoffPerQuery" in configuration:
        configuration["BytesScannedCutoffPerQuery"] = int(configuration["BytesScannedCutoffPerQuery"])
    return configuration
