"""HTTP APIs: their routes, integrations, stages and deployments. What they do is in `serving`.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/
"""

import threading
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from secrets import choice
from string import ascii_lowercase, digits
from types import ModuleType
from typing import Any, TypeVar

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.core.base_backend import BaseBackend
from moto.core.utils import utcnow
from moto.logs.models import logs_backends

from local_aws.apigatewayv2 import checks
from local_aws.apigatewayv2.exceptions import BadRequestException, ConflictException, NotFoundException
from local_aws.apigatewayv2.resources import DEFAULT_STAGE, Api, Deployment, Integration, Route, Stage
from local_aws.apigatewayv2.route_keys import DEFAULT, RouteKey

ALPHABET = ascii_lowercase + digits
API_ID_LENGTH = 10
PART_ID_LENGTH = 7

Settings = Mapping[str, Any]
Part = TypeVar("Part")

# Held while anything changes, and while the state is read.
LOCK = threading.RLock()


def _new_id(length: int) -> str:
    return choice(ascii_lowercase) + "".join(choice(ALPHABET) for _ in range(length - 1))


def derived_api_id(*names: str) -> str:
    """The same id for the same names, in the form that API Gateway's have."""
    number = int.from_bytes(sha256("/".join(names).encode()).digest())
    characters = []
    for _ in range(API_ID_LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[remainder])
    return "".join(characters)


def _apply(resource: Any, given: Settings) -> None:
    names = {field.name for field in fields(resource)}
    for name, value in given.items():
        if name in names and value is not None:
            setattr(resource, name, value)


class LocalApiGatewayV2Backend(BaseBackend):
    """The APIs of one region of one account. The settings of an operation are in snake_case; None is not given."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.apis: dict[str, Api] = {}

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
            api = Api(api_id or _new_id(API_ID_LENGTH), given["name"], self.account_id, self.region_name)
            if api.api_id in self.apis:
                raise ConflictException(f"An API with the id {api.api_id} exists already")
            _apply(api, given)
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
        self._deploy_automatically(api)

    def get_api(self, api_id: str) -> Api:
        if api_id not in self.apis:
            raise NotFoundException(f"Invalid API identifier specified {self.account_id}:{api_id}")
        return self.apis[api_id]

    def update_api(self, api_id: str, given: Settings) -> Api:
        checks.check_api(given)
        with LOCK:
            api = self.get_api(api_id)
            _apply(api, given)
            self._deploy_automatically(api)
        return api

    def delete_api(self, api_id: str) -> None:
        with LOCK:
            del self.apis[self.get_api(api_id).api_id]

    def delete_cors_configuration(self, api_id: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            api.cors_configuration = None
            self._deploy_automatically(api)

    def _new_integration(self, given: Settings) -> Integration:
        checks.check_integration(given)
        integration = Integration(_new_id(PART_ID_LENGTH), given["integration_uri"], given["payload_format_version"])
        _apply(integration, given)
        return integration

    def create_integration(self, api_id: str, given: Settings) -> Integration:
        integration = self._new_integration(given)
        with LOCK:
            api = self.get_api(api_id)
            api.integrations[integration.integration_id] = integration
            self._deploy_automatically(api)
        return integration

    def get_integration(self, api_id: str, integration_id: str) -> Integration:
        return _part(self.get_api(api_id).integrations, integration_id, "Integration")

    def update_integration(self, api_id: str, integration_id: str, given: Settings) -> Integration:
        with LOCK:
            integration = self.get_integration(api_id, integration_id)
            changed = {name: value for name, value in given.items() if value is not None}
            checks.check_integration(vars(integration) | changed)
            _apply(integration, given)
            self._deploy_automatically(self.get_api(api_id))
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
            self._deploy_automatically(api)

    def _new_route(self, api: Api, given: Settings, route: Route | None = None) -> Route:
        checks.check_route(given)
        key = RouteKey.parse(given["route_key"])
        for other in api.routes.values():
            if other is not route and RouteKey.parse(other.route_key).identity == key.identity:
                raise ConflictException(f"Route with key {key.text} already exists for this API")
        new = route or Route(_new_id(PART_ID_LENGTH), key.text)
        _apply(new, given)
        return new

    def create_route(self, api_id: str, given: Settings) -> Route:
        with LOCK:
            api = self.get_api(api_id)
            self._check_target(api, given)
            route = self._new_route(api, given)
            api.routes[route.route_id] = route
            self._deploy_automatically(api)
        return route

    def _check_target(self, api: Api, given: Settings) -> None:
        target = given.get("target")
        if target and target.removeprefix("integrations/") not in api.integrations:
            raise BadRequestException(f"The route's target {target} is no integration of the API")

    def get_route(self, api_id: str, route_id: str) -> Route:
        return _part(self.get_api(api_id).routes, route_id, "Route")

    def update_route(self, api_id: str, route_id: str, given: Settings) -> Route:
        with LOCK:
            api = self.get_api(api_id)
            route = self.get_route(api_id, route_id)
            self._check_target(api, given)
            self._new_route(api, {**given, "route_key": given.get("route_key") or route.route_key}, route)
            self._deploy_automatically(api)
        return route

    def delete_route(self, api_id: str, route_id: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            del api.routes[self.get_route(api_id, route_id).route_id]
            self._deploy_automatically(api)

    def create_stage(self, api_id: str, given: Settings) -> Stage:
        checks.check_stage(given)
        with LOCK:
            api = self.get_api(api_id)
            if given["stage_name"] in api.stages:
                raise ConflictException(f"Stage already exists: {given['stage_name']}")
            self._check_stage(api, given)
            stage = Stage(given["stage_name"])
            _apply(stage, given)
            api.stages[stage.stage_name] = stage
            self._deploy_automatically(api)
        return stage

    def _check_stage(self, api: Api, given: Settings) -> None:
        if given.get("deployment_id"):
            if given.get("auto_deploy"):
                raise BadRequestException("A stage that deploys itself cannot be given a deployment")
            self.get_deployment(api.api_id, given["deployment_id"])
        settings = given.get("access_log_settings")
        found = checks.LOG_GROUP_ARN.fullmatch(settings["DestinationArn"]) if settings else None
        if found and found["group"] not in logs_backends[found["account"]][found["region"]].groups:
            raise BadRequestException(f"The log group {found['group']} of the access logs does not exist")

    def get_stage(self, api_id: str, stage_name: str) -> Stage:
        return _part(self.get_api(api_id).stages, stage_name, "Stage")

    def update_stage(self, api_id: str, stage_name: str, given: Settings) -> Stage:
        with LOCK:
            api = self.get_api(api_id)
            stage = self.get_stage(api_id, stage_name)
            checks.check_stage({**given, "stage_name": stage_name})
            self._check_stage(api, given)
            _apply(stage, given)
            stage.last_updated_date = utcnow()
            self._deploy_automatically(api)
        return stage

    def replace_stage(self, api_id: str, stage_name: str, given: Settings) -> Stage:
        """A stage as a template has it: what is not given goes back to its default."""
        with LOCK:
            stage = self.get_stage(api_id, stage_name)
            deployment_id = None if given.get("auto_deploy") else stage.deployment_id
            plain = vars(Stage(stage_name, created_date=stage.created_date, deployment_id=deployment_id))
            vars(stage).update(plain)
            return self.update_stage(api_id, stage_name, given)

    def delete_access_log_settings(self, api_id: str, stage_name: str) -> None:
        with LOCK:
            self.get_stage(api_id, stage_name).access_log_settings = None

    def delete_route_settings(self, api_id: str, stage_name: str, route_key: str) -> None:
        with LOCK:
            stage = self.get_stage(api_id, stage_name)
            if route_key not in stage.route_settings:
                raise NotFoundException("Unable to find Route by key specified")
            stage.route_settings = {key: one for key, one in stage.route_settings.items() if key != route_key}

    def delete_stage(self, api_id: str, stage_name: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            del api.stages[self.get_stage(api_id, stage_name).stage_name]
            self._forget_automatic_deployments(api)

    def create_deployment(self, api_id: str, given: Settings) -> Deployment:
        stage_name = given.get("stage_name")
        with LOCK:
            api = self.get_api(api_id)
            if not api.routes:
                raise BadRequestException("At least one route is required before deploying the Api.")
            stage = self.get_stage(api_id, stage_name) if stage_name else None
            if stage and stage.auto_deploy:
                raise BadRequestException("Deployment ID cannot be set on stage when AutoDeploy is enabled")
            deployment = self._deployment(api, given.get("description"))
            if stage:
                stage.deployment_id = deployment.deployment_id
        return deployment

    def _deployment(self, api: Api, description: str | None, auto_deployed: bool = False) -> Deployment:
        routes, cors = api.deployed_routes(), api.cors_configuration
        deployment = Deployment(_new_id(PART_ID_LENGTH - 1), routes, cors, description, auto_deployed)
        api.deployments[deployment.deployment_id] = deployment
        return deployment

    def get_deployment(self, api_id: str, deployment_id: str) -> Deployment:
        return _part(self.get_api(api_id).deployments, deployment_id, "Deployment")

    def update_deployment(self, api_id: str, deployment_id: str, given: Settings) -> Deployment:
        with LOCK:
            deployment = self.get_deployment(api_id, deployment_id)
            deployment.description = given.get("description")
        return deployment

    def delete_deployment(self, api_id: str, deployment_id: str) -> None:
        with LOCK:
            api = self.get_api(api_id)
            self.get_deployment(api_id, deployment_id)
            users = [stage.stage_name for stage in api.stages.values() if stage.deployment_id == deployment_id]
            if users:
                raise BadRequestException(
                    f"Active stages pointing to this deployment must be moved or deleted: {users}"
                )
            del api.deployments[deployment_id]

    def _deploy_automatically(self, api: Api) -> None:
        """Deploy a change to the stages that deploy themselves."""
        stages = [stage for stage in api.stages.values() if stage.auto_deploy]
        if not stages:
            return
        deployment = self._deployment(api, "Automatic deployment triggered by changes to the Api configuration", True)
        for stage in stages:
            stage.deployment_id = deployment.deployment_id
            stage.last_deployment_status_message = (
                f"Successfully deployed stage with deployment ID '{deployment.deployment_id}'"
            )
        self._forget_automatic_deployments(api)

    @staticmethod
    def _forget_automatic_deployments(api: Api) -> None:
        """Those that no stage serves: there is one per change."""
        used = {stage.deployment_id for stage in api.stages.values()}
        kept = {name: one for name, one in api.deployments.items() if name in used or not one.auto_deployed}
        api.deployments = kept

    def tagged(self, resource_arn: str) -> Api | Stage:
        """The API or stage of an ARN such as `arn:aws:apigateway:us-east-1::/apis/<id>/stages/<name>`."""
        _, _, path = resource_arn.partition("::/apis/")
        api_id, *rest = path.split("/")
        if rest[:1] == ["stages"] and len(rest) == 2:
            return self.get_stage(api_id, rest[1])
        return self.get_api(api_id)


def _part(parts: Mapping[str, Part], name: str, kind: str) -> Part:
    if name not in parts:
        raise NotFoundException(f"Unable to find {kind} by ID {name}")
    return parts[name]


def find_api(api_id: str) -> Api | None:
    """The API, of whichever account and region."""
    for _, _, backend in list(apigatewayv2_backends.iter_backends()):
        if api_id in backend.apis:
            return backend.apis[api_id]
    return None
