"""AWS::Athena::WorkGroup and AWS::Athena::NamedQuery."""

from typing import ClassVar, Self

from moto.athena.models import athena_backends
from moto.core.common_models import CloudFormationModel

from local_aws.athena.models import PRIMARY, LocalAthenaBackend
from local_aws.cloudformation.resources.base import Properties, StackResource, as_boolean


class WorkGroupResource(StackResource, CloudFormationModel):
    """Ref is the name; another name is another workgroup."""

    type_name = "AWS::Athena::WorkGroup"
    backends = athena_backends
    name_property = "Name"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Name", "State", "Description", "RecursiveDeleteOption", "WorkGroupConfiguration"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"CreationTime"})

    @classmethod
    def create(cls, backend: LocalAthenaBackend, name: str, properties: Properties) -> Self:
        created = backend.create_work_group(
            name, _configuration(properties), properties.get("Description"), properties.get("Tags")
        )
        backend.update_work_group(name, {"State": properties.get("State")})
        return cls(name, {"CreationTime": str(int(created.created_at))})

    def update(self, backend: LocalAthenaBackend, name: str, properties: Properties) -> Self:
        """The template's configuration replaces the workgroup's."""
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        configuration = _configuration(properties)
        request = {
            "State": properties.get("State"),
            "Description": properties.get("Description", ""),
            "ConfigurationUpdates": configuration
            | {"RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery" not in configuration},
        }
        backend.update_work_group(name, request)
        return self

    @classmethod
    def delete(cls, backend: LocalAthenaBackend, physical_resource_id: str, properties: Properties) -> None:
        if physical_resource_id in backend.work_groups:
            backend.remove_work_group(physical_resource_id, as_boolean(properties.get("RecursiveDeleteOption")))


class NamedQueryResource(StackResource, CloudFormationModel):
    """Ref is the id. Athena cannot change a named query: another takes its place."""

    type_name = "AWS::Athena::NamedQuery"
    backends = athena_backends
    name_property = "Name"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Database", "Description", "Name", "QueryString", "WorkGroup"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"NamedQueryId"})

    @classmethod
    def create(cls, backend: LocalAthenaBackend, name: str, properties: Properties) -> Self:
        query_id = backend.create_named_query(
            name,
            properties.get("Description", ""),
            properties["Database"],
            properties["QueryString"],
            properties.get("WorkGroup", PRIMARY),
        )
        return cls(query_id, {"NamedQueryId": query_id})

    @classmethod
    def delete(
        cls,
        backend: LocalAthenaBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        backend.named_queries.pop(physical_resource_id, None)


def _configuration(properties: Properties) -> Properties:
    """The workgroup's configuration with the types that the API has: a template may hold "true" and "10"."""
    configuration = dict(properties.get("WorkGroupConfiguration") or {})
    for name, value in configuration.items():
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            configuration[name] = value.lower() == "true"
    if "BytesScannedCutoffPerQuery" in configuration:
        configuration["BytesScannedCutoffPerQuery"] = int(configuration["BytesScannedCutoffPerQuery"])
    return configuration
