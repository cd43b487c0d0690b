"""The CodeStar Connections API: parameters in, dataclasses out."""

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from local_aws.codestar_connections.models import LocalCodeStarConnectionsBackend, codestarconnections_backends


class LocalCodeStarConnectionsResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="codestar-connections")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> LocalCodeStarConnectionsBackend:
        return codestarconnections_backends[self.current_account][self.region]

    def create_connection(self) -> ActionResult:
        unsupported = sorted(set(self.params) - {"ConnectionName", "ProviderType"})
        if unsupported:
            raise NotImplementedError(f"The parameter {unsupported[0]} of CreateConnection")
        connection = self.backend.create_connection(self._get_param("ConnectionName"), self._get_param("ProviderType"))
        return ActionResult({"ConnectionArn": connection.connection_arn})

    def get_connection(self) -> ActionResult:
        return ActionResult({"Connection": self.backend.get_connection(self._get_param("ConnectionArn"))})

    def delete_connection(self) -> ActionResult:
        self.backend.delete_connection(self._get_param("ConnectionArn"))
        return EmptyResult()
