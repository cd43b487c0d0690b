"""AWS::RedshiftServerless::Namespace and ::Workgroup."""

from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel

from local_aws.cloudformation.resources.base import Properties, StackResource, as_boolean
from local_aws.redshift_serverless.models import (
    LocalRedshiftServerlessBackend,
    Namespace,
    Workgroup,
    redshiftserverless_backends,
)

NAMESPACE_ATTRIBUTES = {
    "Namespace.NamespaceArn": "namespace_arn",
    "Namespace.NamespaceId": "namespace_id",
    "Namespace.NamespaceName": "namespace_name",
    "Namespace.DbName": "db_name",
    "Namespace.AdminUsername": "admin_username",
    "Namespace.DefaultIamRoleArn": "default_iam_role_arn",
    "Namespace.Status": "status",
}
WORKGROUP_ATTRIBUTES = {
    "Workgroup.WorkgroupArn": "workgroup_arn",
    "Workgroup.WorkgroupId": "workgroup_id",
    "Workgroup.WorkgroupName": "workgroup_name",
    "Workgroup.NamespaceName": "namespace_name",
    "Workgroup.BaseCapacity": "base_capacity",
    "Workgroup.MaxCapacity": "max_capacity",
    "Workgroup.Status": "status",
}
ENDPOINT_ATTRIBUTES = {"Workgroup.Endpoint.Address": "address", "Workgroup.Endpoint.Port": "port"}


class NamespaceResource(StackResource, CloudFormationModel):
    type_name = "AWS::RedshiftServerless::Namespace"
    backends = redshiftserverless_backends
    name_property = "NamespaceName"
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
    attribute_names: ClassVar[frozenset[str]] = frozenset(NAMESPACE_ATTRIBUTES)

    @classmethod
    def of(cls, namespace: Namespace) -> Self:
        attributes = {name: getattr(namespace, attribute) for name, attribute in NAMESPACE_ATTRIBUTES.items()}
        return cls(namespace.namespace_name, attributes)

    @classmethod
    def create(cls, backend: LocalRedshiftServerlessBackend, name: str, properties: Properties) -> Self:
        return cls.of(
            backend.create_namespace(
                name, db_name=properties.get("DbName"), tags=_tags(properties), **_namespace_settings(properties)
            )
        )

    def update(self, backend: LocalRedshiftServerlessBackend, name: str, properties: Properties) -> Self:
        namespace = backend.get_namespace(self.physical_resource_id)
        if name != namespace.namespace_name or properties.get("DbName", namespace.db_name) != namespace.db_name:
            raise NotImplementedError("Updating NamespaceName or DbName of a namespace needs a replacement")
        backend.update_namespace(name, **_namespace_settings(properties))
        backend.tag_resource(namespace.namespace_arn, _tags(properties))
        return self.of(namespace)

    @classmethod
    def delete(
        cls,
        backend: LocalRedshiftServerlessBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        backend.delete_namespace(physical_resource_id)


class WorkgroupResource(StackResource, CloudFormationModel):
    type_name = "AWS::RedshiftServerless::Workgroup"
    backends = redshiftserverless_backends
    name_property = "WorkgroupName"
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
    attribute_names: ClassVar[frozenset[str]] = frozenset({*WORKGROUP_ATTRIBUTES, *ENDPOINT_ATTRIBUTES})

    @classmethod
    def of(cls, workgroup: Workgroup) -> Self:
        attributes = {name: getattr(workgroup, attribute) for name, attribute in WORKGROUP_ATTRIBUTES.items()}
        endpoint = {name: str(workgroup.endpoint[field]) for name, field in ENDPOINT_ATTRIBUTES.items()}
        return cls(workgroup.workgroup_name, attributes | endpoint)

    @classmethod
    def create(cls, backend: LocalRedshiftServerlessBackend, name: str, properties: Properties) -> Self:
        return cls.of(
            backend.create_workgroup(
                name, properties["NamespaceName"], tags=_tags(properties), **_workgroup_settings(properties)
            )
        )

    def update(self, backend: LocalRedshiftServerlessBackend, name: str, properties: Properties) -> Self:
        workgroup = backend.get_workgroup(self.physical_resource_id)
        if name != workgroup.workgroup_name or properties["NamespaceName"] != workgroup.namespace_name:
            raise NotImplementedError("Updating WorkgroupName or NamespaceName of a workgroup needs a replacement")
        backend.update_workgroup(name, **_workgroup_settings(properties))
        backend.tag_resource(workgroup.workgroup_arn, _tags(properties))
        return self.of(workgroup)

    @classmethod
    def delete(
        cls,
        backend: LocalRedshiftServerlessBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        backend.delete_workgroup(physical_resource_id)


def _tags(properties: Properties) -> list[dict[str, str]]:
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])]


def _namespace_settings(properties: Properties) -> dict[str, Any]:
    return {
        "admin_username": properties.get("AdminUsername"),
        "admin_user_password": properties.get("AdminUserPassword"),
        "is_password_managed": as_boolean(properties.get("ManageAdminPassword", False)),
        "default_iam_role_arn": properties.get("DefaultIamRoleArn"),
        "iam_roles": properties.get("IamRoles", []),
        "log_exports": properties.get("LogExports", []),
    }


def _workgroup_settings(properties: Properties) -> dict[str, Any]:
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
