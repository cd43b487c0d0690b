"""The API Gateway V2 API: parameters in, dataclasses out."""

from collections.abc import Iterable
from typing import Any

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores

from local_aws.apigatewayv2.exceptions import BadRequestException, NotSupportedError
from local_aws.apigatewayv2.models import LocalApiGatewayV2Backend

API = {
    "ApiKeySelectionExpression",
    "CorsConfiguration",
    "Description",
    "DisableExecuteApiEndpoint",
    "IpAddressType",
    "Name",
    "ProtocolType",
    "RouteSelectionExpression",
    "Version",
}
INTEGRATION = {
    "ConnectionType",
    "Description",
    "IntegrationMethod",
    "IntegrationSubtype",
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "TimeoutInMillis",
}
ROUTE = {"ApiKeyRequired", "AuthorizationType", "OperationName", "RouteKey", "Target"}
STAGE = {
    "AccessLogSettings",
    "AutoDeploy",
    "DefaultRouteSettings",
    "DeploymentId",
    "Description",
    "RouteSettings",
    "StageName",
    "StageVariables",
}
DEPLOYMENT = {"Description", "StageName"}
# Of the resource that the request is about: they are in its path.
IDS = {"ApiId", "DeploymentId", "IntegrationId", "RouteId", "StageName"}
LONGEST_PAGE = 500


class LocalApiGatewayV2Response(BaseResponse):
    """HTTP APIs. A parameter that would be ignored is refused by its name."""

    def __init__(self) -> None:
        super().__init__(service_name="apigatewayv2")
        self.automated_parameter_parsing = True

    @classmethod
    def rest_apis(cls, request: Any, full_url: str, headers: Any) -> Any:
        """Of the older service under the same name."""
        raise NotImplementedError("REST APIs are not supported by the local endpoint: use an HTTP API (apigatewayv2)")

    @property
    def backend(self) -> LocalApiGatewayV2Backend:
        return apigatewayv2_backends[self.current_account][self.region]

    def _given(self, supported: set[str]) -> dict[str, Any]:
        """The settings in snake_case. Raises BadRequestException for one that is not supported."""
        unsupported = sorted(name for name, value in self.params.items() if value and name not in supported | IDS)
        if unsupported:
            raise NotSupportedError(f"the parameter {unsupported[0]} of {self._get_action()}")
        return {camelcase_to_underscores(name): value for name, value in self.params.items() if name in supported}

    def _id(self, name: str) -> str:
        return self._get_param(name)

    @property
    def _api_id(self) -> str:
        return self._id("ApiId")

    def _page(self, items: Iterable[Any]) -> ActionResult:
        """One page; the token is the number of items before it."""
        given = list(items)
        token, size = str(self._get_param("NextToken", "0")), str(self._get_param("MaxResults", LONGEST_PAGE))
        if not token.isdigit() or not size.isdigit():
            raise BadRequestException("Invalid NextToken or MaxResults")
        end = int(token) + int(size)
        return ActionResult({"Items": given[int(token) : end], "NextToken": str(end) if end < len(given) else None})

    def create_api(self) -> ActionResult:
        given = self._given(API | {"CredentialsArn", "RouteKey", "Tags", "Target"})
        return ActionResult(self.backend.create_api(given))

    def get_api(self) -> ActionResult:
        return ActionResult(self.backend.get_api(self._api_id))

    def get_apis(self) -> ActionResult:
        return self._page(self.backend.apis.values())

    def update_api(self) -> ActionResult:
        return ActionResult(self.backend.update_api(self._api_id, self._given(API)))

    def delete_api(self) -> ActionResult:
        self.backend.delete_api(self._api_id)
        return EmptyResult()

    def delete_cors_configuration(self) -> ActionResult:
        self.backend.delete_cors_configuration(self._api_id)
        return EmptyResult()

    def create_integration(self) -> ActionResult:
        return ActionResult(self.backend.create_integration(self._api_id, self._given(INTEGRATION)))

    def get_integration(self) -> ActionResult:
        return ActionResult(self.backend.get_integration(self._api_id, self._id("IntegrationId")))

    def get_integrations(self) -> ActionResult:
        return self._page(self.backend.get_api(self._api_id).integrations.values())

    def update_integration(self) -> ActionResult:
        given = self._given(INTEGRATION)
        return ActionResult(self.backend.update_integration(self._api_id, self._id("IntegrationId"), given))

    def delete_integration(self) -> ActionResult:
        self.backend.delete_integration(self._api_id, self._id("IntegrationId"))
        return EmptyResult()

    def create_route(self) -> ActionResult:
        return ActionResult(self.backend.create_route(self._api_id, self._given(ROUTE)))

    def get_route(self) -> ActionResult:
        return ActionResult(self.backend.get_route(self._api_id, self._id("RouteId")))

    def get_routes(self) -> ActionResult:
        return self._page(self.backend.get_api(self._api_id).routes.values())

    def update_route(self) -> ActionResult:
        return ActionResult(self.backend.update_route(self._api_id, self._id("RouteId"), self._given(ROUTE)))

    def delete_route(self) -> ActionResult:
        self.backend.delete_route(self._api_id, self._id("RouteId"))
        return EmptyResult()

    def create_stage(self) -> ActionResult:
        return ActionResult(self.backend.create_stage(self._api_id, self._given(STAGE | {"Tags"})))

    def get_stage(self) -> ActionResult:
        return ActionResult(self.backend.get_stage(self._api_id, self._id("StageName")))

    def get_stages(self) -> ActionResult:
        return self._page(self.backend.get_api(self._api_id).stages.values())

    def update_stage(self) -> ActionResult:
        return ActionResult(self.backend.update_stage(self._api_id, self._id("StageName"), self._given(STAGE)))

    def delete_stage(self) -> ActionResult:
        self.backend.delete_stage(self._api_id, self._id("StageName"))
        return EmptyResult()

    def delete_access_log_settings(self) -> ActionResult:
        self.backend.delete_access_log_settings(self._api_id, self._id("StageName"))
        return EmptyResult()

    def delete_route_settings(self) -> ActionResult:
        self.backend.delete_route_settings(self._api_id, self._id("StageName"), self._id("RouteKey"))
        return EmptyResult()

    def create_deployment(self) -> ActionResult:
        return ActionResult(self.backend.create_deployment(self._api_id, self._given(DEPLOYMENT)))

    def get_deployment(self) -> ActionResult:
        return ActionResult(self.backend.get_deployment(self._api_id, self._id("DeploymentId")))

    def get_deployments(self) -> ActionResult:
        return self._page(self.backend.get_api(self._api_id).deployments.values())

    def update_deployment(self) -> ActionResult:
        given = self._given({"Description"})
        return ActionResult(self.backend.update_deployment(self._api_id, self._id("DeploymentId"), given))

    def delete_deployment(self) -> ActionResult:
        self.backend.delete_deployment(self._api_id, self._id("DeploymentId"))
        return EmptyResult()

    def get_tags(self) -> ActionResult:
        return ActionResult({"Tags": self.backend.tagged(self._id("ResourceArn")).tags})

    def tag_resource(self) -> ActionResult:
        tagged = self.backend.tagged(self._id("ResourceArn"))
        tagged.tags = tagged.tags | self._get_param("Tags", {})
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        tagged = self.backend.tagged(self._id("ResourceArn"))
        removed = set(self._get_param("TagKeys", []))
        tagged.tags = {key: value for key, value in tagged.tags.items() if key not in removed}
        return EmptyResult()
