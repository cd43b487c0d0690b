"""Stages and deployments of HTTP APIs: what of an API is served, and how.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
"""

import threading
from collections.abc import Mapping
from typing import Any

from moto.core.base_backend import BaseBackend
from moto.logs.models import logs_backends

from local_aws.apigatewayv2 import checks
from local_aws.apigatewayv2.exceptions import BadRequestException, ConflictException, NotFoundException
from local_aws.apigatewayv2.ids import new_id
from local_aws.apigatewayv2.resources import Api, Deployment, Stage, apply_settings, part_of, utc_now

DEPLOYMENT_ID_LENGTH = 6

Settings = Mapping[str, Any]

# Held while anything changes, and while the state is read.
LOCK = threading.RLock()


class StageBackend(BaseBackend):
    """Operations on stages and deployments. Settings are in snake_case; None is not given."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.apis: dict[str, Api] = {}

    def get_api(self, api_id: str) -> Api:
        if api_id not in self.apis:
            raise NotFoundException(f"Invalid API identifier specified {self.account_id}:{api_id}")
        return self.apis[api_id]

    def create_stage(self, api_id: str, given: Settings) -> Stage:
        checks.check_stage(given)
        with LOCK:
            api = self.get_api(api_id)
            if given["stage_name"] in api.stages:
                raise ConflictException(f"Stage already exists: {given['stage_name']}")
            self._check_stage(api, given)
            stage = Stage(given["stage_name"])
            apply_settings(stage, given)
            api.stages[stage.stage_name] = stage
            self.deploy_automatically(api)
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
        return part_of(self.get_api(api_id).stages, stage_name, "Stage")

    def update_stage(self, api_id: str, stage_name: str, given: Settings) -> Stage:
        with LOCK:
            api = self.get_api(api_id)
            stage = self.get_stage(api_id, stage_name)
            checks.check_stage({**given, "stage_name": stage_name})
            self._check_stage(api, given)
            apply_settings(stage, given)
            stage.last_updated_date = utc_now()
            self.deploy_automatically(api)
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
        deployment = Deployment(new_id(DEPLOYMENT_ID_LENGTH), routes, cors, description, auto_deployed)
        api.deployments[deployment.deployment_id] = deployment
        return deployment

    def get_deployment(self, api_id: str, deployment_id: str) -> Deployment:
        return part_of(self.get_api(api_id).deployments, deployment_id, "Deployment")

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

    def deploy_automatically(self, api: Api) -> None:
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
