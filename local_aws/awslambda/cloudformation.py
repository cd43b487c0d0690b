"""The CloudFormation types of Lambda. A resource here is a name; what it names is kept by the Lambda backend."""

import contextlib
import io
import zipfile
from typing import Any, ClassVar, Self

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.awslambda.models import lambda_backends
from moto.core.common_models import CloudFormationModel

from local_aws.awslambda.exceptions import ResourceNotFoundException
from local_aws.awslambda.functions import DEFAULT_MEMORY_MB, DEFAULT_STORAGE_MB, DEFAULT_TIMEOUT_SECONDS, LATEST
from local_aws.awslambda.models import LocalLambdaBackend
from local_aws.awslambda.validation import check_request, service_model
from local_aws.cloudformation.resources.base import Properties, StackResource, as_boolean

# What a property has that the template names no more.
FUNCTION_DEFAULTS: Properties = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": DEFAULT_STORAGE_MB},
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": DEFAULT_MEMORY_MB,
    "Timeout": DEFAULT_TIMEOUT_SECONDS,
    "TracingConfig": {"Mode": "PassThrough"},
}
MAPPING_DEFAULTS: Properties = {
    "DestinationConfig": {},
    "Enabled": True,
    "FilterCriteria": {"Filters": []},
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
}
STREAM_DEFAULTS: Properties = {
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}


def request_of(operation: str, properties: Properties) -> dict[str, Any]:
    """The properties as the operation's checked parameters: a template may write numbers and booleans as text."""
    request = _typed(properties, service_model().operation_model(operation).input_shape)
    check_request(operation, request)
    return request


def _typed(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _typed(item, shape.members[name]) if name in shape.members else item for name, item in value.items()
        }
    if isinstance(shape, ListShape):
        return [_typed(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {str(name): _typed(item, shape.value) for name, item in value.items()}
    match shape.type_name:
        case "integer" | "long":
            return int(value)
        case "double" | "float" | "timestamp":
            return float(value)
        case "boolean":
            return as_boolean(value)
        case "string":
            return str(value).lower() if isinstance(value, bool) else str(value)
    return value


class FunctionResource(StackResource, CloudFormationModel):
    """Ref is the name; another name is another function. Code that stands in the template becomes index.py."""

    type_name = "AWS::Lambda::Function"
    backends = lambda_backends
    name_property = "FunctionName"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {*FUNCTION_DEFAULTS, "Architectures", "Code", "FunctionName", "Handler", "KmsKeyArn", "PackageType"}
        | {"ReservedConcurrentExecutions", "Role", "Runtime", "Tags"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        request = request_of("CreateFunction", cls._parameters(name, properties))
        version = backend.create_function(request)
        cls._reserve(backend, name, properties)
        return cls(name, {"Arn": version.function_arn})

    def update(self, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        parameters = FUNCTION_DEFAULTS | self._parameters(name, properties)
        code = request_of("UpdateFunctionCode", parameters.pop("Code") | {"FunctionName": name})
        tags = parameters.pop("Tags", {})
        architectures = parameters.pop("Architectures", None)
        if architectures:
            code["Architectures"] = architectures
        parameters.pop("PackageType", None)
        backend.update_function_configuration(request_of("UpdateFunctionConfiguration", parameters))
        backend.update_function_code(code)
        backend.function(name).tags = tags
        self._reserve(backend, name, properties)
        return self

    @classmethod
    def delete(cls, backend: LocalLambdaBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        with contextlib.suppress(ResourceNotFoundException):
            backend.delete_function(physical_resource_id, None)

    @classmethod
    def _parameters(cls, name: str, properties: Properties) -> Properties:
        renamed = {"KmsKeyArn": "KMSKeyArn"}
        parameters = {renamed.get(key, key): value for key, value in properties.items()}
        parameters.pop("ReservedConcurrentExecutions", None)
        code = dict(properties["Code"])
        if "ZipFile" in code:
            code["ZipFile"] = _archive_of(code["ZipFile"])
        tags = {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags") or []}
        return parameters | {"FunctionName": name, "Code": code, "Tags": tags}

    @staticmethod
    def _reserve(backend: LocalLambdaBackend, name: str, properties: Properties) -> None:
        reserved = properties.get("ReservedConcurrentExecutions")
        if reserved is None:
            backend.delete_function_concurrency(name)
        else:
            backend.put_function_concurrency(name, int(reserved))


def _archive_of(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # A fixed time: the same source is the same archive.
        archive.writestr(zipfile.ZipInfo("index.py"), source)
    return buffer.getvalue()


class VersionResource(StackResource, CloudFormationModel):
    """Ref is the ARN of what was published. It is published once: what changes later is another resource's."""

    type_name = "AWS::Lambda::Version"
    backends = lambda_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset({"CodeSha256", "Description", "FunctionName"})
    attribute_names: ClassVar[frozenset[str]] = frozenset({"FunctionArn", "Version"})

    @classmethod
    def create(cls, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        request = request_of("PublishVersion", properties)
        version = backend.publish_version(request["FunctionName"], request)
        return cls(version.arn, {"FunctionArn": version.arn, "Version": version.number})

    def replace(self, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        """What has not changed is not published again (Lambda API reference, PublishVersion)."""
        version = super().replace(backend, name, properties)
        if version.physical_resource_id == self.physical_resource_id:
            version.replaces = None
        return version

    @classmethod
    def delete(cls, backend: LocalLambdaBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        with contextlib.suppress(ResourceNotFoundException):
            backend.delete_function(physical_resource_id, None)


class AliasResource(StackResource, CloudFormationModel):
    """Ref is the alias's ARN. Another name or function is another alias."""

    type_name = "AWS::Lambda::Alias"
    backends = lambda_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Description", "FunctionName", "FunctionVersion", "Name", "RoutingConfig"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"AliasArn"})

    @classmethod
    def create(cls, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        alias = backend.create_alias(cls._request("CreateAlias", properties))
        return cls(alias.arn, {"AliasArn": alias.arn})

    def update(self, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        function = backend.function(properties["FunctionName"])
        if f"{function.arn}:{properties['Name']}" != self.physical_resource_id:
            return self.replace(backend, name, properties)
        request = {"Description": "", "RoutingConfig": {}} | self._request("UpdateAlias", properties)
        backend.update_alias(request)
        return self

    @classmethod
    def delete(cls, backend: LocalLambdaBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        function_arn, _, name = physical_resource_id.rpartition(":")
        with contextlib.suppress(ResourceNotFoundException):
            backend.delete_alias(function_arn, name)

    @classmethod
    def _request(cls, operation: str, properties: Properties) -> dict[str, Any]:
        """A template lists the weights, which the API has as a map."""
        parameters = dict(properties)
        if routing := parameters.get("RoutingConfig"):
            weights = routing.get("AdditionalVersionWeights") or []
            parameters["RoutingConfig"] = {
                "AdditionalVersionWeights": {str(one["FunctionVersion"]): one["FunctionWeight"] for one in weights}
            }
        return request_of(operation, parameters)


class PermissionResource(StackResource, CloudFormationModel):
    """Ref is the statement's id. One that changes is another one."""

    type_name = "AWS::Lambda::Permission"
    backends = lambda_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Action", "EventSourceToken", "FunctionName", "Principal", "PrincipalOrgID", "SourceAccount", "SourceArn"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Id"})

    @classmethod
    def create(cls, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        request = request_of("AddPermission", properties | {"StatementId": name})
        backend.add_permission(request)
        return cls(name, {"Id": name})

    @classmethod
    def delete(cls, backend: LocalLambdaBackend, physical_resource_id: str, properties: Properties) -> None:
        with contextlib.suppress(ResourceNotFoundException):
            backend.remove_permission(properties["FunctionName"], physical_resource_id, None)


class EventSourceMappingResource(StackResource, CloudFormationModel):
    """Ref is the mapping's id. Another source, or another place to start from, is another mapping."""

    type_name = "AWS::Lambda::EventSourceMapping"
    backends = lambda_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {*MAPPING_DEFAULTS, *STREAM_DEFAULTS, "BatchSize", "EventSourceArn", "FunctionName", "ScalingConfig"}
        | {"StartingPosition", "StartingPositionTimestamp", "Tags"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"EventSourceMappingArn", "Id"})
    CREATION_ONLY: ClassVar[tuple[str, ...]] = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")

    @classmethod
    def create(cls, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        tags = {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags") or []}
        mapping = backend.create_mapping(request_of("CreateEventSourceMapping", properties | {"Tags": tags}))
        return cls(mapping.uuid, {"Id": mapping.uuid, "EventSourceMappingArn": mapping.arn})

    def update(self, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        mapping = backend.mapping(self.physical_resource_id)
        if (mapping.source_arn, mapping.starting_position) != (
            properties["EventSourceArn"],
            properties.get("StartingPosition"),
        ):
            return self.replace(backend, name, properties)
        defaults = MAPPING_DEFAULTS | (STREAM_DEFAULTS if mapping.is_of_a_stream else {})
        kept = {key: value for key, value in properties.items() if key not in (*self.CREATION_ONLY, "Tags")}
        parameters = defaults | kept | {"UUID": mapping.uuid}
        backend.update_mapping(request_of("UpdateEventSourceMapping", parameters))
        return self

    @classmethod
    def delete(cls, backend: LocalLambdaBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        with contextlib.suppress(ResourceNotFoundException):
            backend.delete_mapping(physical_resource_id)


class EventInvokeConfigResource(StackResource, CloudFormationModel):
    """Of a function's asynchronous invocations. Another function or qualifier is another resource."""

    type_name = "AWS::Lambda::EventInvokeConfig"
    backends = lambda_backends
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"}
    )

    @classmethod
    def create(cls, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:  # noqa: ARG003 - one hook for all
        config = backend.put_event_invoke_config(request_of("PutFunctionEventInvokeConfig", properties))
        return cls(config.function_arn)

    def update(self, backend: LocalLambdaBackend, name: str, properties: Properties) -> Self:
        function = backend.function(properties["FunctionName"])
        if f"{function.arn}:{properties.get('Qualifier', LATEST)}" != self.physical_resource_id:
            return self.replace(backend, name, properties)
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: LocalLambdaBackend, physical_resource_id: str, properties: Properties) -> None:  # noqa: ARG003 - one hook for all
        with contextlib.suppress(ResourceNotFoundException):
            backend.delete_event_invoke_config(physical_resource_id)
