"""AWS::ApiGatewayV2::Api, Integration, Route, Stage and Deployment."""

from typing import Any, ClassVar, Self

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.core.common_models import CloudFormationModel
from moto.core.utils import camelcase_to_underscores

from local_aws.apigatewayv2.exceptions import NotFoundException
from local_aws.apigatewayv2.ids import derived_api_id
from local_aws.apigatewayv2.models import LocalApiGatewayV2Backend
from local_aws.apigatewayv2.resources import Api
from local_aws.cloudformation.resources.base import Properties, StackResource, as_boolean

BOOLEANS = {"ApiKeyRequired", "AutoDeploy", "DisableExecuteApiEndpoint", "AllowCredentials", "DetailedMetricsEnabled"}
TEXTS = {"StageVariables", "Tags"}
NUMBERS = {"TimeoutInMillis", "MaxAge", "ThrottlingBurstLimit"}


def _typed(name: str, value: Any) -> Any:
    """A template's value with the type that the API has: it may hold "true" and "10"."""
    if isinstance(value, dict) and name not in TEXTS:
        return {key: _typed(key, one) for key, one in value.items()}
    if name in BOOLEANS:
        return as_boolean(value)
    if name in NUMBERS:
        return int(value)
    return float(value) if name == "ThrottlingRateLimit" else value


def _settings(properties: Properties) -> dict[str, Any]:
    return {camelcase_to_underscores(name): _typed(name, value) for name, value in properties.items()}


class ApiResource(StackResource, CloudFormationModel):
    """The id follows from the names of the stack and of the resource, so that the API's address stays."""

    type_name = "AWS::ApiGatewayV2::Api"
    backends = apigatewayv2_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "ApiKeySelectionExpression",
            "CorsConfiguration",
            "Description",
            "DisableExecuteApiEndpoint",
            "IpAddressType",
            "Name",
            "ProtocolType",
            "RouteKey",
            "RouteSelectionExpression",
            "Tags",
            "Target",
            "Version",
        }
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"ApiEndpoint", "ApiId"})

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003 - the id does not follow from it
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **context: Any,
    ) -> Self:
        backend = cls.backend_of(account_id, region_name)
        stack_name = str(context["StackId"]).split("/")[-2]
        api_id = derived_api_id(account_id, region_name, stack_name, str(context["LogicalId"]))
        # Taken by an API that its stack has left behind.
        free_id = None if api_id in backend.apis else api_id
        return cls._of(backend.create_api(_settings(cloudformation_json["Properties"]), free_id))

    @classmethod
    def _of(cls, api: Api) -> Self:
        return cls(api.api_id, {"ApiId": api.api_id, "ApiEndpoint": api.api_endpoint})

    def update(self, backend: LocalApiGatewayV2Backend, name: str, properties: Properties) -> Self:  # noqa: ARG002 - one hook for all
        api = backend.get_api(self.physical_resource_id)
        settings = {"description": "", "disable_execute_api_endpoint": False, "tags": {}} | _settings(properties)
        if "cors_configuration" not in settings:
            backend.delete_cors_configuration(api.api_id)
        backend.update_api(api.api_id, settings)
        return self

    @classmethod
    def delete(cls, backend: LocalApiGatewayV2Backend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.apis.pop(physical_resource_id, None)


class ApiPartResource(StackResource):
    """A part of an API, which the property ApiId names. Another API makes it another part."""

    backends = apigatewayv2_backends
    part: ClassVar[str]

    @classmethod
    def create(cls, backend: LocalApiGatewayV2Backend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        settings = _settings(properties)
        part = getattr(backend, f"create_{cls.part}")(settings.pop("api_id"), settings)
        part_id = getattr(part, f"{cls.part}_id")
        resource = cls(part_id, dict.fromkeys(cls.attribute_names, part_id))
        resource.api_id = properties["ApiId"]
        return resource

    def update(self, backend: LocalApiGatewayV2Backend, name: str, properties: Properties) -> Self:
        if properties["ApiId"] != self.api_id:
            return self.replace(backend, name, properties)
        settings = _settings(properties)
        getattr(backend, f"update_{self.part}")(settings.pop("api_id"), self.physical_resource_id, settings)
        return self

    @classmethod
    def delete(cls, backend: LocalApiGatewayV2Backend, physical_resource_id: str, properties: Properties) -> None:
        try:
            getattr(backend, f"delete_{cls.part}")(properties["ApiId"], physical_resource_id)
        except NotFoundException:
            """It went with its API."""


class IntegrationResource(ApiPartResource, CloudFormationModel):
    type_name = "AWS::ApiGatewayV2::Integration"
    part = "integration"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "ApiId",
            "ConnectionType",
            "Description",
            "IntegrationMethod",
            "IntegrationType",
            "IntegrationUri",
            "PayloadFormatVersion",
            "TimeoutInMillis",
        }
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"IntegrationId"})


class RouteResource(ApiPartResource, CloudFormationModel):
    type_name = "AWS::ApiGatewayV2::Route"
    part = "route"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"ApiId", "ApiKeyRequired", "AuthorizationType", "OperationName", "RouteKey", "Target"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"RouteId"})


class StageResource(ApiPartResource, CloudFormationModel):
    """Ref is the stage's name."""

    type_name = "AWS::ApiGatewayV2::Stage"
    part = "stage"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "AccessLogSettings",
            "ApiId",
            "AutoDeploy",
            "DefaultRouteSettings",
            "DeploymentId",
            "Description",
            "RouteSettings",
            "StageName",
            "StageVariables",
            "Tags",
        }
    )

    @classmethod
    def create(cls, backend: LocalApiGatewayV2Backend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        settings = _settings(properties)
        resource = cls(backend.create_stage(settings.pop("api_id"), settings).stage_name)
        resource.api_id = properties["ApiId"]
        return resource

    def update(self, backend: LocalApiGatewayV2Backend, name: str, properties: Properties) -> Self:
        if (properties["ApiId"], properties["StageName"]) != (self.api_id, self.physical_resource_id):
            return self.replace(backend, name, properties)
        settings = _settings(properties)
        backend.replace_stage(settings.pop("api_id"), settings.pop("stage_name"), settings)
        return self


class DeploymentResource(ApiPartResource, CloudFormationModel):
    """What the API's routes are when the resource is created: it depends on them."""

    type_name = "AWS::ApiGatewayV2::Deployment"
    part = "deployment"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"ApiId", "Description", "StageName"})
    attribute_names: ClassVar[frozenset[str]] = frozenset({"DeploymentId"})
