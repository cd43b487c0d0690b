"""AWS::CodeStarConnections::Connection."""

from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.codestar_connections.models import LocalCodeStarConnectionsBackend, codestarconnections_backends


class ConnectionResource(StackResource, CloudFormationModel):
    """Without an `update`: AWS replaces a connection whose properties change, too."""

    type_name = "AWS::CodeStarConnections::Connection"
    backends = codestarconnections_backends
    name_property = "ConnectionName"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"ConnectionName", "ProviderType"})
    attribute_names: ClassVar[frozenset[str]] = frozenset({"ConnectionArn", "ConnectionStatus"})

    @classmethod
    def create(cls, backend: LocalCodeStarConnectionsBackend, name: str, properties: Properties) -> Self:
        connection = backend.create_connection(name, properties["ProviderType"])
        attributes = {
            "ConnectionArn": connection.connection_arn,
            "ConnectionStatus": connection.connection_status,
        }
        return cls(connection.connection_arn, attributes)

    @classmethod
    def delete(
        cls,
        backend: LocalCodeStarConnectionsBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        backend.delete_connection(physical_resource_id)
