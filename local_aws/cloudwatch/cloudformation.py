"""AWS::CloudWatch::Alarm and AWS::CloudWatch::Dashboard; what somebody has deleted by hand is gone already."""

from contextlib import suppress
from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.cloudwatch.exceptions import DashboardNotFoundError, ResourceNotFound
from local_aws.cloudwatch.models import LocalCloudWatchBackend, cloudwatch_backends


class AlarmResource(StackResource, CloudFormationModel):
    type_name = "AWS::CloudWatch::Alarm"
    backends = cloudwatch_backends
    name_property = "AlarmName"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "Dimensions",
            "EvaluateLowSampleCountPercentile",
            "EvaluationPeriods",
            "ExtendedStatistic",
            "InsufficientDataActions",
            "MetricName",
            "Metrics",
            "Namespace",
            "OKActions",
            "Period",
            "Statistic",
            "Tags",
            "Threshold",
            "TreatMissingData",
            "Unit",
        }
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, backend: LocalCloudWatchBackend, name: str, properties: Properties) -> Self:
        alarm = backend.put_metric_alarm(**properties | {"AlarmName": name})
        return cls(name, {"Arn": alarm.arn})

    def update(self, backend: LocalCloudWatchBackend, name: str, properties: Properties) -> Self:
        """Everything but the name changes in place."""
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        updated = self.create(backend, name, properties)
        backend.tag_resource(updated.attributes["Arn"], tags)
        return updated

    @classmethod
    def delete(
        cls,
        backend: LocalCloudWatchBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        with suppress(ResourceNotFound):
            backend.delete_alarms([physical_resource_id])


class DashboardResource(StackResource, CloudFormationModel):
    type_name = "AWS::CloudWatch::Dashboard"
    backends = cloudwatch_backends
    name_property = "DashboardName"
    supported_properties: ClassVar[frozenset[str]] = frozenset({"DashboardBody", "DashboardName"})

    @classmethod
    def create(cls, backend: LocalCloudWatchBackend, name: str, properties: Properties) -> Self:
        backend.put_dashboard(name, properties["DashboardBody"])
        return cls(name)

    def update(self, backend: LocalCloudWatchBackend, name: str, properties: Properties) -> Self:
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        return self.create(backend, name, properties)

    @classmethod
    def delete(
        cls,
        backend: LocalCloudWatchBackend,
        physical_resource_id: str,
        properties: Properties,  # noqa: ARG003 - one hook for all
    ) -> None:
        with suppress(DashboardNotFoundError):
            backend.delete_dashboards([physical_resource_id])
