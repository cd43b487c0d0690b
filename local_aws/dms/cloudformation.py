"""The AWS::DMS resource types of CloudFormation. `Ref` is the ARN, as on AWS; of a subnet group its identifier."""

import json
from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.dms.models import dms_backends

from local_aws.cloudformation.resources.base import Properties, StackResource
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


class ReplicationSubnetGroupResource(StackResource, CloudFormationModel):
    type_name = "AWS::DMS::ReplicationSubnetGroup"
    backends = dms_backends
    name_property = "ReplicationSubnetGroupIdentifier"
    supported_properties = frozenset(
        {"ReplicationSubnetGroupIdentifier", "ReplicationSubnetGroupDescription", "SubnetIds", "Tags"}
    )

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:
        group = backend.create_replication_subnet_group(
            replication_subnet_group_identifier=name,
            replication_subnet_group_description=properties["ReplicationSubnetGroupDescription"],
            subnet_ids=properties["SubnetIds"],
            tags=properties.get("Tags"),
        )
        return cls(group.replication_subnet_group_identifier)

    def update(self, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:
        """There is one of the name at a time: the present one goes first."""
        self.delete(backend, self.physical_resource_id, properties)
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: LocalDmsBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_replication_subnet_group(physical_resource_id)


class ReplicationInstanceResource(StackResource, CloudFormationModel):
    type_name = "AWS::DMS::ReplicationInstance"
    backends = dms_backends
    name_property = "ReplicationInstanceIdentifier"
    modifiable_attributes: ClassVar[dict[str, str]] = {
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
    supported_properties = frozenset({name_property, *modifiable_attributes, *creation_attributes})

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:
        known = cls.modifiable_attributes | cls.creation_attributes
        values = {known[key]: value for key, value in properties.items() if key in known}
        return cls(backend.create_replication_instance(replication_instance_identifier=name, **values).arn)

    def update(self, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:  # noqa: ARG002 - one hook for all
        values = {
            self.modifiable_attributes[key]: value
            for key, value in properties.items()
            if key in self.modifiable_attributes
        }
        backend.modify_replication_instance(self.physical_resource_id, **values)
        return self

    @classmethod
    def delete(cls, backend: LocalDmsBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_replication_instance(physical_resource_id)


def _endpoint_values(properties: Properties) -> Properties:
    api_properties = {API_NAMES.get(name, name): value for name, value in properties.items()}
    return {ENDPOINT_ATTRIBUTES[name]: value for name, value in api_properties.items() if name in ENDPOINT_ATTRIBUTES}


class EndpointResource(StackResource, CloudFormationModel):
    type_name = "AWS::DMS::Endpoint"
    backends = dms_backends
    name_property = "EndpointIdentifier"
    supported_properties = frozenset(
        {"EndpointIdentifier", "EndpointType", "EngineName", "DatabaseName", "ServerName", "Port", "Username"}
        | {"Password", "SslMode", "Tags", *ENDPOINT_SETTINGS}
    )

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:
        values = dict.fromkeys(MOTO_ENDPOINT_PARAMETERS) | _endpoint_values(properties)
        endpoint = backend.create_endpoint(
            endpoint_identifier=name,
            endpoint_type=properties["EndpointType"],
            engine_name=properties["EngineName"],
            **values | {"tags": properties.get("Tags")},
        )
        return cls(endpoint.endpoint_arn)

    def update(self, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:  # noqa: ARG002 - one hook for all
        backend.modify_endpoint(self.physical_resource_id, _endpoint_values(properties))
        return self

    @classmethod
    def delete(cls, backend: LocalDmsBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_endpoint(physical_resource_id)


class ReplicationTaskResource(StackResource, CloudFormationModel):
    type_name = "AWS::DMS::ReplicationTask"
    backends = dms_backends
    name_property = "ReplicationTaskIdentifier"
    modifiable_attributes: ClassVar[dict[str, str]] = TASK_ATTRIBUTES
    creation_attributes: ClassVar[dict[str, str]] = {
        "ReplicationInstanceArn": "replication_instance_arn",
        "SourceEndpointArn": "source_endpoint_arn",
        "TargetEndpointArn": "target_endpoint_arn",
        "Tags": "tags",
    }
    supported_properties = frozenset({name_property, *modifiable_attributes, *creation_attributes})

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:
        known = cls.modifiable_attributes | cls.creation_attributes
        values = {known[key]: value for key, value in properties.items() if key in known}
        values.setdefault("replication_task_settings", None)
        return cls(backend.create_replication_task(replication_task_identifier=name, **values).arn)

    def update(self, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:  # noqa: ARG002 - one hook for all
        values = {
            self.modifiable_attributes[key]: value
            for key, value in properties.items()
            if key in self.modifiable_attributes
        }
        backend.modify_replication_task(self.physical_resource_id, values)
        return self

    @classmethod
    def delete(cls, backend: LocalDmsBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_replication_task(physical_resource_id)


class ReplicationConfigResource(StackResource, CloudFormationModel):
    """Its documents are objects in a template, and strings in the API."""

    type_name = "AWS::DMS::ReplicationConfig"
    backends = dms_backends
    name_property = "ReplicationConfigIdentifier"
    supported_properties = frozenset({name_property, "ResourceIdentifier", "Tags", *REPLICATION_ATTRIBUTES})

    @staticmethod
    def _values(properties: Properties) -> Properties:
        documents = {
            name: json.dumps(properties[name])
            for name in ("TableMappings", "ReplicationSettings")
            if name in properties
        }
        values = properties | documents
        return {attribute: values[name] for name, attribute in REPLICATION_ATTRIBUTES.items() if name in values}

    @classmethod
    def create(cls, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:
        config = backend.create_replication_config(
            identifier=name,
            resource_identifier=properties.get("ResourceIdentifier"),
            tags=properties.get("Tags"),
            **cls._values(properties),
        )
        return cls(config.arn)

    def update(self, backend: LocalDmsBackend, name: str, properties: Properties) -> Self:  # noqa: ARG002 - one hook for all
        backend.modify_replication_config(self.physical_resource_id, self._values(properties))
        return self

    @classmethod
    def delete(cls, backend: LocalDmsBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        backend.delete_replication_config(physical_resource_id)
