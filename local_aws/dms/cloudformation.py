"""The AWS::DMS resource types of CloudFormation. `Ref` is the ARN, as on AWS; of a subnet group its identifier."""

import json
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.dms.models import dms_backends

from local_aws.dms.models import LocalDmsBackend
from local_aws.dms.responses import ENDPOINT_ATTRIBUTES, REPLICATION_ATTRIBUTES, TASK_ATTRIBUTES

# Names that CloudFormation writes differently from the API.
API_NAMES = {"PostgreSqlSettings": "PostgreSQLSettings"}
ENDPOINT_SETTINGS = ("PostgreSqlSettings", "MongoDbSettings", "DocDbSettings", "S3Settings")
# What moto expects to be given, if only as None.
MOTO_ENDPOINT_PARAMETERS = (
    "username",
    "password",
    "server_name",
    "port",
    "database_name",
    "extra_connection_attributes",
    "kms_key_id",
    "tags",
    "certificate_arn",
    "ssl_mode",
    "service_access_role_arn",
    "external_table_definition",
    "dynamo_db_settings",
    "s3_settings",
    "dms_transfer_settings",
    "mongo_db_settings",
    "kinesis_settings",
    "kafka_settings",
    "elasticsearch_settings",
    "neptune_settings",
    "redshift_settings",
    "postgre_sql_settings",
    "my_sql_settings",
    "oracle_settings",
    "sybase_settings",
    "microsoft_sql_server_settings",
    "ibm_db2_settings",
    "resource_identifier",
    "doc_db_settings",
    "redis_settings",
    "gcp_my_sql_settings",
    "timestream_settings",
)


class DmsResource:
    """What the types share: a resource is known to its stack by its physical id alone."""

    type_name: ClassVar[str]
    name_property: ClassVar[str]
    supported_properties: ClassVar[frozenset[str]]

    def __init__(self, physical_resource_id: str, properties: dict[str, Any]) -> None:
        self.physical_resource_id = physical_resource_id
        self.properties = properties

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def cloudformation_type(cls) -> str:
        return f"AWS::DMS::{cls.type_name}"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003 (the signature is moto's)
        return False

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: dict[str, Any]) -> str:
        """Create the resource and return its physical id."""
        raise NotImplementedError

    @classmethod
    def delete_resource(cls, backend: LocalDmsBackend, physical_resource_id: str) -> None:
        raise NotImplementedError

    def update(self, backend: LocalDmsBackend, properties: dict[str, Any]) -> str:
        """Bring the properties into effect and return the physical id. By default a replacement."""
        self.delete_resource(backend, self.physical_resource_id)
        return self.create(backend, properties[self.name_property], properties)

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> Self:
        properties = cloudformation_json.get("Properties", {})
        return cls(cls.create(dms_backends[account_id][region_name], resource_name, properties), properties)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Self:
        properties = {cls.name_property: new_resource_name} | cloudformation_json.get("Properties", {})
        return cls(original_resource.update(dms_backends[account_id][region_name], properties), properties)

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],  # noqa: ARG003 (the signature is moto's)
        account_id: str,
        region_name: str,
    ) -> None:
        cls.delete_resource(dms_backends[account_id][region_name], resource_name)


class ReplicationSubnetGroupResource(DmsResource, CloudFormationModel):
    type_name = "ReplicationSubnetGroup"
    name_property = "ReplicationSubnetGroupIdentifier"
    supported_properties = frozenset(
        {"ReplicationSubnetGroupIdentifier", "ReplicationSubnetGroupDescription", "SubnetIds", "Tags"}
    )

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: dict[str, Any]) -> str:
        group = backend.create_replication_subnet_group(
            replication_subnet_group_identifier=name,
            replication_subnet_group_description=properties["ReplicationSubnetGroupDescription"],
            subnet_ids=properties["SubnetIds"],
            tags=properties.get("Tags"),
        )
        return group.replication_subnet_group_identifier

    @classmethod
    def delete_resource(cls, backend: LocalDmsBackend, physical_resource_id: str) -> None:
        backend.delete_replication_subnet_group(physical_resource_id)


class ReplicationInstanceResource(DmsResource, CloudFormationModel):
    type_name = "ReplicationInstance"
    name_property = "ReplicationInstanceIdentifier"
    attributes: ClassVar[dict[str, str]] = {
        "ReplicationInstanceClass": "replication_instance_class",
        "AllocatedStorage": "allocated_storage",
        "MultiAZ": "multi_az",
        "EngineVersion": "engine_version",
        "VpcSecurityGroupIds": "vpc_security_group_ids",
        "PreferredMaintenanceWindow": "preferred_maintenance_window",
        "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    }
    creation_attributes: ClassVar[dict[str, str]] = {
        "AvailabilityZone": "availability_zone",
        "PubliclyAccessible": "publicly_accessible",
        "ReplicationSubnetGroupIdentifier": "replication_subnet_group_identifier",
        "KmsKeyId": "kms_key_id",
        "Tags": "tags",
    }
    supported_properties = frozenset({name_property, *attributes, *creation_attributes})

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: dict[str, Any]) -> str:
        known = cls.attributes | cls.creation_attributes
        values = {known[key]: value for key, value in properties.items() if key in known}
        return backend.create_replication_instance(replication_instance_identifier=name, **values).arn

    def update(self, backend: LocalDmsBackend, properties: dict[str, Any]) -> str:
        values = {self.attributes[key]: value for key, value in properties.items() if key in self.attributes}
        return backend.modify_replication_instance(self.physical_resource_id, **values).arn

    @classmethod
    def delete_resource(cls, backend: LocalDmsBackend, physical_resource_id: str) -> None:
        backend.delete_replication_instance(physical_resource_id)


def _endpoint_values(properties: dict[str, Any]) -> dict[str, Any]:
    api_properties = {API_NAMES.get(name, name): value for name, value in properties.items()}
    return {ENDPOINT_ATTRIBUTES[name]: value for name, value in api_properties.items() if name in ENDPOINT_ATTRIBUTES}


class EndpointResource(DmsResource, CloudFormationModel):
    type_name = "Endpoint"
    name_property = "EndpointIdentifier"
    supported_properties = frozenset(
        {"EndpointIdentifier", "EndpointType", "EngineName", "DatabaseName", "ServerName", "Port", "Username"}
        | {"Password", "SslMode", "Tags", *ENDPOINT_SETTINGS}
    )

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: dict[str, Any]) -> str:
        values = dict.fromkeys(MOTO_ENDPOINT_PARAMETERS) | _endpoint_values(properties)
        endpoint = backend.create_endpoint(
            endpoint_identifier=name,
            endpoint_type=properties["EndpointType"],
            engine_name=properties["EngineName"],
            **values | {"tags": properties.get("Tags")},
        )
        return endpoint.endpoint_arn

    def update(self, backend: LocalDmsBackend, properties: dict[str, Any]) -> str:
        return backend.modify_endpoint(self.physical_resource_id, _endpoint_values(properties)).endpoint_arn

    @classmethod
    def delete_resource(cls, backend: LocalDmsBackend, physical_resource_id: str) -> None:
        backend.delete_endpoint(physical_resource_id)


class ReplicationTaskResource(DmsResource, CloudFormationModel):
    type_name = "ReplicationTask"
    name_property = "ReplicationTaskIdentifier"
    attributes: ClassVar[dict[str, str]] = TASK_ATTRIBUTES
    creation_attributes: ClassVar[dict[str, str]] = {
        "ReplicationInstanceArn": "replication_instance_arn",
        "SourceEndpointArn": "source_endpoint_arn",
        "TargetEndpointArn": "target_endpoint_arn",
        "Tags": "tags",
    }
    supported_properties = frozenset({name_property, *attributes, *creation_attributes})

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: dict[str, Any]) -> str:
        known = cls.attributes | cls.creation_attributes
        values = {known[key]: value for key, value in properties.items() if key in known}
        values.setdefault("replication_task_settings", None)
        return backend.create_replication_task(replication_task_identifier=name, **values).arn

    def update(self, backend: LocalDmsBackend, properties: dict[str, Any]) -> str:
        values = {self.attributes[key]: value for key, value in properties.items() if key in self.attributes}
        return backend.modify_replication_task(self.physical_resource_id, values).arn

    @classmethod
    def delete_resource(cls, backend: LocalDmsBackend, physical_resource_id: str) -> None:
        backend.delete_replication_task(physical_resource_id)


class ReplicationConfigResource(DmsResource, CloudFormationModel):
    """Its documents are objects in a template, and strings in the API."""

    type_name = "ReplicationConfig"
    name_property = "ReplicationConfigIdentifier"
    supported_properties = frozenset({name_property, "ResourceIdentifier", "Tags", *REPLICATION_ATTRIBUTES})

    @staticmethod
    def _values(properties: dict[str, Any]) -> dict[str, Any]:
        documents = {
            name: json.dumps(properties[name])
            for name in ("TableMappings", "ReplicationSettings")
            if name in properties
        }
        values = properties | documents
        return {attribute: values[name] for name, attribute in REPLICATION_ATTRIBUTES.items() if name in values}

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: dict[str, Any]) -> str:
        return backend.create_replication_config(
            identifier=name,
            resource_identifier=properties.get("ResourceIdentifier"),
            tags=properties.get("Tags"),
            **cls._values(properties),
        ).arn

    def update(self, backend: LocalDmsBackend, properties: dict[str, Any]) -> str:
        return backend.modify_replication_config(self.physical_resource_id, self._values(properties)).arn

    @classmethod
    def delete_resource(cls, backend: LocalDmsBackend, physical_resource_id: str) -> None:
        backend.delete_replication_config(physical_resource_id)
