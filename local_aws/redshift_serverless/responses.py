"""The Redshift Serverless API: parameters in, dataclasses out."""

from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores

from local_aws.redshift_serverless import warehouse
from local_aws.redshift_serverless.exceptions import ValidationException
from local_aws.redshift_serverless.models import LocalRedshiftServerlessBackend, redshiftserverless_backends

CREDENTIALS_LIFETIME = timedelta(minutes=15)
NAMESPACE_SETTINGS = {"adminUsername", "adminUserPassword", "iamRoles", "defaultIamRoleArn", "logExports"}
WORKGROUP_SETTINGS = {
    "baseCapacity",
    "maxCapacity",
    "publiclyAccessible",
    "enhancedVpcRouting",
    "subnetIds",
    "securityGroupIds",
}


class LocalRedshiftServerlessResponse(BaseResponse):
    def __init__(self) -> None:
        super().__init__(service_name="redshift-serverless")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> LocalRedshiftServerlessBackend:
        return redshiftserverless_backends[self.current_account][self.region]

    def _arguments(self, supported: set[str]) -> dict[str, Any]:
        """The request's parameters under the names of the backend's arguments.

        Raises ValidationException for a parameter that would be ignored.
        """
        unsupported = sorted(set(self.params) - supported)
        if unsupported:
            raise ValidationException(
                f"The parameter {unsupported[0]} of {self._get_action()} is not supported by the local endpoint."
            )
        arguments = {camelcase_to_underscores(name): value for name, value in self.params.items()}
        if "manage_admin_password" in arguments:
            arguments["is_password_managed"] = arguments.pop("manage_admin_password")
        return arguments

    def create_namespace(self) -> ActionResult:
        supported = NAMESPACE_SETTINGS | {"namespaceName", "dbName", "manageAdminPassword", "tags"}
        return ActionResult({"namespace": self.backend.create_namespace(**self._arguments(supported))})

    def get_namespace(self) -> ActionResult:
        return ActionResult({"namespace": self.backend.get_namespace(self._get_param("namespaceName"))})

    def list_namespaces(self) -> ActionResult:
        return ActionResult({"namespaces": list(self.backend.namespaces.values())})

    def update_namespace(self) -> ActionResult:
        supported = NAMESPACE_SETTINGS | {"namespaceName", "manageAdminPassword"}
        return ActionResult({"namespace": self.backend.update_namespace(**self._arguments(supported))})

    def delete_namespace(self) -> ActionResult:
        return ActionResult({"namespace": self.backend.delete_namespace(**self._arguments({"namespaceName"}))})

    def create_workgroup(self) -> ActionResult:
        supported = WORKGROUP_SETTINGS | {"workgroupName", "namespaceName", "tags"}
        return ActionResult({"workgroup": self.backend.create_workgroup(**self._arguments(supported))})

    def get_workgroup(self) -> ActionResult:
        return ActionResult({"workgroup": self.backend.get_workgroup(self._get_param("workgroupName"))})

    def list_workgroups(self) -> ActionResult:
        return ActionResult({"workgroups": list(self.backend.workgroups.values())})

    def update_workgroup(self) -> ActionResult:
        supported = WORKGROUP_SETTINGS | {"workgroupName"}
        return ActionResult({"workgroup": self.backend.update_workgroup(**self._arguments(supported))})

    def delete_workgroup(self) -> ActionResult:
        return ActionResult({"workgroup": self.backend.delete_workgroup(self._get_param("workgroupName"))})

    def get_credentials(self) -> ActionResult:
        workgroup = self.backend.get_workgroup(self._get_param("workgroupName"))
        user = warehouse.statement_user(self.backend.get_namespace(workgroup.namespace_name).db_name)
        expiration = datetime.now(UTC) + CREDENTIALS_LIFETIME
        return ActionResult(
            {
                "dbUser": user.name,
                "dbPassword": user.password,
                "expiration": expiration,
                "nextRefreshTime": expiration,
            }
        )

    def create_usage_limit(self) -> ActionResult:
        supported = {"resourceArn", "usageType", "amount", "period", "breachAction"}
        return ActionResult({"usageLimit": self.backend.create_usage_limit(**self._arguments(supported))})

    def get_usage_limit(self) -> ActionResult:
        return ActionResult({"usageLimit": self.backend.get_usage_limit(self._get_param("usageLimitId"))})

    def list_usage_limits(self) -> ActionResult:
        limits = self.backend.find_usage_limits(self._get_param("resourceArn"), self._get_param("usageType"))
        return ActionResult({"usageLimits": limits})

    def update_usage_limit(self) -> ActionResult:
        supported = {"usageLimitId", "amount", "breachAction"}
        return ActionResult({"usageLimit": self.backend.update_usage_limit(**self._arguments(supported))})

    def delete_usage_limit(self) -> ActionResult:
        return ActionResult({"usageLimit": self.backend.delete_usage_limit(self._get_param("usageLimitId"))})

    def tag_resource(self) -> ActionResult:
        self.backend.tag_resource(self._get_param("resourceArn"), self._get_param("tags", []))
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        self.backend.untag_resource(self._get_param("resourceArn"), self._get_param("tagKeys", []))
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        tags = self.backend.list_tags(self._get_param("resourceArn"))
        return ActionResult({"tags": [{"key": key, "value": value} for key, value in tags.items()]})
