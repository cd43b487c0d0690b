"""Connections, which stay as they were asked for."""

from dataclasses import dataclass
from uuid import uuid4

from moto.core.base_backend import BackendDict, BaseBackend

from local_aws.codestar_connections.exceptions import ResourceNotFoundException


@dataclass
class Connection:
    connection_name: str
    connection_arn: str
    provider_type: str
    owner_account_id: str
    connection_status: str = "PENDING"


class LocalCodeStarConnectionsBackend(BaseBackend):
    """The service's state in one region of one account."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connections: dict[str, Connection] = {}

    def create_connection(self, name: str, provider_type: str) -> Connection:
        scope = f"arn:{self.partition}:codestar-connections:{self.region_name}:{self.account_id}"
        connection = Connection(name, f"{scope}:connection/{uuid4()}", provider_type, self.account_id)
        self.connections[connection.connection_arn] = connection
        return connection

    def get_connection(self, connection_arn: str) -> Connection:
        if connection_arn not in self.connections:
            raise ResourceNotFoundException(f"Connection not found: {connection_arn}")
        return self.connections[connection_arn]

    def delete_connection(self, connection_arn: str) -> None:
        self.get_connection(connection_arn)
        del self.connections[connection_arn]


codestarconnections_backends = BackendDict(LocalCodeStarConnectionsBackend, "codestar-connections")
