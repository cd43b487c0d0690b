"""AWS::Logs::LogGroup and AWS::Logs::MetricFilter."""

from contextlib import suppress
from typing import Any, ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.logs.exceptions import ResourceNotFoundException

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.logs.models import LocalLogsBackend, logs_backends

# Of a template and of a request.
TRANSFORMATION = {
    "MetricNamespace": "metricNamespace",
    "MetricName": "metricName",
    "MetricValue": "metricValue",
    "DefaultValue": "defaultValue",
    "Unit": "unit",
}


class LogGroupResource(StackResource, CloudFormationModel):
    type_name = "AWS::Logs::LogGroup"
    backends = logs_backends
    name_property = "LogGroupName"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"LogGroupName", "RetentionInDays", "Tags"})
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, backend: LocalLogsBackend, name: str, properties: Properties) -> Self:
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        group = backend.create_log_group(name, tags, RetentionInDays=_retention(properties))
        return cls(name, {"Arn": group.arn})

    def update(self, backend: LocalLogsBackend, name: str, properties: Properties) -> Self:
        """How long its lines are kept changes in place; another name is another group."""
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        group = backend.groups[name]
        group.set_retention_policy(_retention(properties))
        backend.tag_resource(group.arn, {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])})
        return self

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """The ARN is that of the group's streams, too: it ends with `:*` (AWS::Logs::LogGroup, Return values)."""
        return f"{super().get_cfn_attribute(attribute_name)}:*"

    @classmethod
    def delete(
        cls,
        backend: LocalLogsBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        with suppress(ResourceNotFoundException):
            backend.delete_log_group(physical_resource_id)


def _retention(properties: Properties) -> int | None:
    days = properties.get("RetentionInDays")
    return None if days is None else int(days)


class MetricFilterResource(StackResource, CloudFormationModel):
    type_name = "AWS::Logs::MetricFilter"
    backends = logs_backends
    name_property = "FilterName"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"}
    )

    @classmethod
    def create(cls, backend: LocalLogsBackend, name: str, properties: Properties) -> Self:
        transformations = [_transformation(entry) for entry in properties["MetricTransformations"]]
        backend.put_metric_filter(name, properties["FilterPattern"], properties["LogGroupName"], transformations)
        return cls(name, {"LogGroupName": properties["LogGroupName"]})

    def update(self, backend: LocalLogsBackend, name: str, properties: Properties) -> Self:
        """Pattern and metric change in place; another name or group is another filter."""
        if (name, properties["LogGroupName"]) != (self.physical_resource_id, self.attributes["LogGroupName"]):
            backend.delete_metric_filter(self.physical_resource_id, self.attributes["LogGroupName"])
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: LocalLogsBackend, physical_resource_id: str, properties: Properties) -> None:
        backend.delete_metric_filter(physical_resource_id, properties["LogGroupName"])


def _transformation(entry: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(entry.keys() - TRANSFORMATION.keys() - {"Dimensions"})
    if unknown:
        raise NotImplementedError(f"The property {unknown[0]} of a metric transformation")
    transformation = {name: entry[key] for key, name in TRANSFORMATION.items() if key in entry}
    if "Dimensions" in entry:
        transformation["dimensions"] = {one["Key"]: one["Value"] for one in entry["Dimensions"]}
    return transformation
