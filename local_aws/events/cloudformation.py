"""AWS::Events::Rule; what somebody has deleted by hand is gone already."""

import json
from contextlib import suppress
from typing import ClassVar, Self

from moto.core.common_models import CloudFormationModel
from moto.events.exceptions import ResourceNotFoundException

from local_aws.cloudformation.resources.base import Properties, StackResource
from local_aws.events.models import LocalEventsBackend, events_backends

DEFAULT_BUS = "default"


class RuleResource(StackResource, CloudFormationModel):
    type_name = "AWS::Events::Rule"
    backends = events_backends
    name_property = "Name"
    supported_properties: ClassVar[frozenset[str]] = frozenset(
        {"Description", "EventBusName", "EventPattern", "Name", "State", "Targets"}
    )
    attribute_names: ClassVar[frozenset[str]] = frozenset({"Arn"})

    @classmethod
    def create(cls, backend: LocalEventsBackend, name: str, properties: Properties) -> Self:
        bus = properties.get("EventBusName", DEFAULT_BUS)
        rule = backend.put_rule(
            name,
            description=properties.get("Description"),
            event_bus_arn=bus,
            event_pattern=json.dumps(properties["EventPattern"]),
            state=properties.get("State"),
        )
        wanted = properties.get("Targets", [])
        left = {target["Id"] for target in rule.targets} - {target["Id"] for target in wanted}
        backend.remove_targets(name, bus, list(left))
        backend.put_targets(name, bus, wanted)
        return cls(name, {"Arn": rule.arn})

    def update(self, backend: LocalEventsBackend, name: str, properties: Properties) -> Self:
        """Everything but the name changes in place."""
        if name != self.physical_resource_id:
            return self.replace(backend, name, properties)
        return self.create(backend, name, properties)

    @classmethod
    def delete(cls, backend: LocalEventsBackend, physical_resource_id: str, properties: Properties) -> None:
        bus = properties.get("EventBusName", DEFAULT_BUS)
        with suppress(ResourceNotFoundException):
            rule = backend.describe_rule(physical_resource_id, bus)
            backend.remove_targets(physical_resource_id, bus, [target["Id"] for target in rule.targets])
            backend.delete_rule(physical_resource_id, bus)
