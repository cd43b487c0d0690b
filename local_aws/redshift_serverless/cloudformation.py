"""AWS::RedshiftServerless::Namespace and ::Workgroup."""

from typing import Any, ClassVar

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel

from local_aws.redshift_serverless.models import (
    Namespace,
    RedshiftServerlessBackend,
    Workgroup,
    redshiftserverless_backends,
)

Properties = dict[str, Any]


def lower_tags(properties: Properties) -> list[dict[str, str]]:
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])]


def as_boolean(value: Any) -> bool:
    """CloudFormation passes booleans as they are in JSON and as text from parameters."""
    return str(value).lower() == "true"


class NamespaceResource(CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "NamespaceName",
            "DbName",
            "AdminUsername",
            "AdminUserPassword",
            "ManageAdminPassword",
            "DefaultIamRoleArn",
            "IamRoles",
            "LogExports",
            "Tags",
        }
    )
    attributes: ClassVar[dict[str, str]] = {
        "Namespace.NamespaceArn": "namespace_arn",
        "Namespace.NamespaceId": "namespace_id",
        "Namespace.NamespaceName": "namespace_name",
        "Namespace.DbName": "db_name",
        "Namespace.AdminUsername": "admin_username",
        "Namespace.DefaultIamRoleArn": "default_iam_role_arn",
        "Namespace.Status": "status",
    }

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    @property
    def physical_resource_id(self) -> str:
        return self.namespace.namespace_name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "NamespaceName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::RedshiftServerless::Namespace"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return getattr(self.namespace, self.attributes[attribute_name])

    @staticmethod
    def settings(properties: Properties) -> dict[str, Any]:
        return {
            "admin_username": properties.get("AdminUsername"),
            "admin_user_password": properties.get("AdminUserPassword"),
            "is_password_managed": as_boolean(properties.get("ManageAdminPassword", False)),
            "default_iam_role_arn": properties.get("DefaultIamRoleArn"),
            "iam_roles": properties.get("IamRoles", []),
            "log_exports": properties.get("LogExports", []),
        }

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "NamespaceResource":
        properties = cloudformation_json["Properties"]
        backend = backend_of(account_id, region_name)
        namespace = backend.create_namespace(
            resource_name,
            db_name=properties.get("DbName"),
            tags=lower_tags(properties),
            **cls.settings(properties),
        )
        return cls(namespace)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "NamespaceResource",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "NamespaceResource":
        properties = cloudformation_json["Properties"]
        backend = backend_of(account_id, region_name)
        namespace = backend.get_namespace(original_resource.physical_resource_id)
        if (
            new_resource_name != namespace.namespace_name
            or properties.get("DbName", namespace.db_name) != namespace.db_name
        ):
            raise NotImplementedError("Updating NamespaceName or DbName of a namespace needs a replacement")
        backend.update_namespace(namespace.namespace_name, **cls.settings(properties))
        backend.tag_resource(namespace.namespace_arn, lower_tags(properties))
        return cls(namespace)

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003
        account_id: str,
        region_name: str,
    ) -> None:
        backend_of(account_id, region_name).delete_namespace(resource_name)


class WorkgroupResource(CloudFormationModel):
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "WorkgroupName",
            "NamespaceName",
            "BaseCapacity",
            "MaxCapacity",
            "PubliclyAccessible",
            "EnhancedVpcRouting",
            "SubnetIds",
            "SecurityGroupIds",
            "Tags",
        }
    )
    attributes: ClassVar[dict[str, str]] = {
        "Workgroup.WorkgroupArn": "workgroup_arn",
        "Workgroup.WorkgroupId": "workgroup_id",
        "Workgroup.WorkgroupName": "workgroup_name",
        "Workgroup.NamespaceName": "namespace_name",
        "Workgroup.BaseCapacity": "base_capacity",
        "Workgroup.MaxCapacity": "max_capacity",
        "Workgroup.Status": "status",
    }

    def __init__(self, workgroup: Workgroup) -> None:
        self.workgroup = workgroup

    @property
    def physical_resource_id(self) -> str:
        return self.workgroup.workgroup_name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "WorkgroupName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::RedshiftServerless::Workgroup"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attributes or attr in {"Workgroup.Endpoint.Address", "Workgroup.Endpoint.Port"}

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name.startswith("Workgroup.Endpoint.") and self.has_cfn_attr(attribute_name):
            return str(self.workgroup.endpoint[attribute_name.rpartition(".")[2].lower()])
        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return getattr(self.workgroup, self.attributes[attribute_name])

    @staticmethod
    def settings(properties: Properties) -> dict[str, Any]:
        settings = {
            "subnet_ids": properties.get("SubnetIds", []),
            "security_group_ids": properties.get("SecurityGroupIds", []),
            "publicly_accessible": as_boolean(properties.get("PubliclyAccessible", False)),
            "enhanced_vpc_routing": as_boolean(properties.get("EnhancedVpcRouting", False)),
        }
        if "BaseCapacity" in properties:
            settings["base_capacity"] = int(properties["BaseCapacity"])
        if "MaxCapacity" in properties:
            settings["max_capacity"] = int(properties["MaxCapacity"])
        return settings

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "WorkgroupResource":
        properties = cloudformation_json["Properties"]
        workgroup = backend_of(account_id, region_name).create_workgroup(
            resource_name, properties["NamespaceName"], tags=lower_tags(properties), **cls.settings(properties)
        )
        return cls(workgroup)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "WorkgroupResource",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "WorkgroupResource":
        properties = cloudformation_json["Properties"]
        backend = backend_of(account_id, region_name)
        workgroup = backend.get_workgroup(original_resource.physical_resource_id)
        if new_resource_name != workgroup.workgroup_name or properties["NamespaceName"] != workgroup.namespace_name:
            raise NotImplementedError("Updating WorkgroupName or NamespaceName of a workgroup needs a replacement")
        backend.update_workgroup(workgroup.workgroup_name, **cls.settings(properties))
        backend.tag_resource(workgroup.workgroup_arn, lower_tags(properties))
        return cls(workgroup)

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003
        account_id: str,
        region_name: str,
    ) -> None:
        backend_of(account_id, region_name).delete_workgroup(resource_name)


def backend_of(account_id: str, region_name: str) -> RedshiftServerlessBackend:
    return redshiftserverless_backends[account_id][region_name]
