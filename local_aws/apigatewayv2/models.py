"""HTTP APIs: their routes, integrations, stages and deployments. What they do is in `serving`.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/
"""

from types import ModuleType

from moto.apigatewayv2.models import apigatewayv2_backends

from local_aws.apigatewayv2 import checks
from local_aws.apigatewayv2.exceptions import BadRequestException, ConflictException
from local_aws.apigatewayv2.ids import API_ID_LENGTH, PART_ID_LENGTH, new_id
from local_aws.apigatewayv2.resources import DEFAULT_STAGE, Api, Integration, Route, Stage, apply_settings, part_of
from local_aws.apigatewayv2.route_keys import DEFAULT, RouteKey
from local_aws.apigatewayv2.stages import LOCK, Settings, StageBackend


class LocalApiGatewayV2Backend(StageBackend):
    """The APIs of one region of one account, with their routes and integrations."""

    @property
    def _url_module(self) -> ModuleType:
        from local_aws.apigatewayv2 import urls

        return urls

    def create_api(self, given: Settings, api_id: str | None = None) -> Api:
        """:param api_id: a stack's choice, so that its API has the same address when it is made again"""
        checks.check_api(given)
        target = given.get("target")
        if target is None and (given.get("route_key") or given.get("credentials_arn")):
            raise BadRequestException("RouteKey and CredentialsArn belong to the quick creation, which names a target")
        with LOCK:
            api = Api(api_id or new_id(API_ID_LENGTH), given["name"], self.account_id, self.region_name)
            if api.api_id in self.apis:
                raise ConflictException(f"An API with the id {api.api_id} exists already")
            apply_settings(api, given)
            if target is not None:
                self._create_quickly(api, target, given.get("route_key") or DEFAULT)
            self.apis[api.api_id] = api
        return api

    def _create_quickly(self, api: Api, function_arn: str, route_key: str) -> None:
        """One route, one integration, and a default stage that deploys itself."""
        settings = {"integration_type": "AWS_PROXY", "integration_uri": function_arn, "payload_format_version": "2.0"}
        integration = self._new_integration(settings)
        route = self._new_route(api, {"route_key": route_key, "target": f"integrations/{integration.integration_id}"})
        api.integrations[integration.integration_id] = integration
        api.routes[route.route_id] = route
        api.stages[DEFAULT_STAGE] = Stage(DEFAULT_STAGE, auto_deploy=True)
        self.deploy_automatically(api)

    def update_api(self, api_id: str, given: Settings) -> Api:
        checks.check_api(given)
        with LOCK:
            api = self.get_api(api_id)
            apply_settings(api, given)
            self.deploy_automatically(api)
        return api

    def delete_api(self, api_id: str) -> None:
        with LOCK:
            del self.apis[self.get_api(api_id).api_id]

    def delete_cors_configuration(self, api_id: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            api.cors_configuration = None
            self.deploy_automatically(api)

    def _new_integration(self, given: Settings) -> Integration:
        checks.check_integration(given)
        integration = Integration(new_id(PART_ID_LENGTH), given["integration_uri"], given["payload_format_version"])
        apply_settings(integration, given)
        return integration

    def create_integration(self, api_id: str, given: Settings) -> Integration:
        integration = self._new_integration(given)
        with LOCK:
            api = self.get_api(api_id)
            api.integrations[integration.integration_id] = integration
            self.deploy_automatically(api)
        return integration

    def get_integration(self, api_id: str, integration_id: str) -> Integration:
        return part_of(self.get_api(api_id).integrations, integration_id, "Integration")

    def update_integration(self, api_id: str, integration_id: str, given: Settings) -> Integration:
        with LOCK:
            integration = self.get_integration(api_id, integration_id)
            changed = {name: value for name, value in given.items() if value is not None}
            checks.check_integration(vars(integration) | changed)
            apply_settings(integration, given)
            self.deploy_automatically(self.get_api(api_id))
        return integration

    def delete_integration(self, api_id: str, integration_id: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            self.get_integration(api_id, integration_id)
            users = [
                route.route_key for route in api.routes.values() if route.target == f"integrations/{integration_id}"
            ]
            if users:
                raise ConflictException(
                    f"Cannot delete Integration '{integration_id}': it is the target of the route {', '.join(users)}."
                )
            del api.integrations[integration_id]
            self.deploy_automatically(api)

    def _new_route(self, api: Api, given: Settings, route: Route | None = None) -> Route:
        checks.check_route(given)
        key = RouteKey.parse(given["route_key"])
        for other in api.routes.values():
            if other is not route and RouteKey.parse(other.route_key).identity == key.identity:
                raise ConflictException(f"Route with key {key.text} already exists for this API")
        new = route or Route(new_id(PART_ID_LENGTH), key.text)
        apply_settings(new, given)
        return new

    def create_route(self, api_id: str, given: Settings) -> Route:
        with LOCK:
            api = self.get_api(api_id)
            self._check_target(api, given)
            route = self._new_route(api, given)
            api.routes[route.route_id] = route
            self.deploy_automatically(api)
        return route

    def _check_target(self, api: Api, given: Settings) -> None:
        target = given.get("target")
        if target and target.removeprefix("integrations/") not in api.integrations:
            raise BadRequestException(f"The route's target {target} is no integration of the API")

    def get_route(self, api_id: str, route_id: str) -> Route:
        return part_of(self.get_api(api_id).routes, route_id, "Route")

    def update_route(self, api_id: str, route_id: str, given: Settings) -> Route:
        with LOCK:
            api = self.get_api(api_id)
            route = self.get_route(api_id, route_id)
            self._check_target(api, given)
            self._new_route(api, {**given, "route_key": given.get("route_key") or route.route_key}, route)
            self.deploy_automatically(api)
        return route

    def delete_route(self, api_id: str, route_id: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            del api.routes[self.get_route(api_id, route_id).route_id]
            self.deploy_automatically(api)

    def tagged(self, resource_arn: str) -> Api | Stage:
        """The API or stage of an ARN such as `arn:aws:apigateway:us-east-1::/apis/<id>/stages/<name>`."""
        _, _, path = resource_arn.partition("::/apis/")
        api_id, *rest = path.split("/")
        if rest[:1] == ["stages"] and len(rest) == 2:
            return self.get_stage(api_id, rest[1])
        return self.get_api(api_id)


def find_api(api_id: str) -> Api | None:
    """The API, of whichever account and region."""
    for _, _, backend in list(apigatewayv2_backends.iter_backends()):
        if api_id in backend.apis:
            return backend.apis[api_id]
    return None
