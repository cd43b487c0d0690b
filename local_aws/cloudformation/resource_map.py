"""A stack's resources: created, updated and deleted one at a time, each change by the resource type's own model."""

import copy
import json
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.parsing import (
    ResourceMap,
    clean_json,
    generate_resource_name,
)
from moto.core.common_models import CloudFormationModel

from local_aws.cloudformation.resource_types import model_of, name_property_of
from local_aws.cloudformation.template import Template

Properties = dict[str, Any]


class UnsupportedChangeError(Exception):
    """A change that the resource type's model cannot make."""


class MissingResourceError(KeyError):
    """A resource that something names and that is not there."""


@dataclass(frozen=True)
class Replaced:
    """A resource that gave its place to another one, with its part of the template and the name it was created by."""

    resource: CloudFormationModel
    resolved: Template
    name: str


class LocalResourceMap(ResourceMap):
    """moto's map without its creation on access: reading a resource that is not there is an error."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.names: dict[str, str] = {}
        # As they were applied, references resolved: what an update is compared with.
        self.applied: dict[str, Template] = {}
        # Of the present update.
        self.replaced: dict[str, Replaced] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._parsed_resources:
            raise MissingResourceError(key)
        return self._parsed_resources[key]

    @property
    def created(self) -> dict[str, CloudFormationModel]:
        return {name: self._parsed_resources[name] for name in self.applied}

    def load_parameters(self) -> None:
        """Defaults go the way of given values: a list's default is text, too."""
        slots = self._template.get("Parameters", {})
        defaults = {name: str(slot["Default"]) for name, slot in slots.items() if "Default" in slot}
        given = self.input_parameters
        self.input_parameters = defaults | {
            name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in given.items()
        }
        self.resolved_parameters = {}
        try:
            super().load_parameters()
        finally:
            self.input_parameters = given

    def load_template(self, template: Template, parameters: dict[str, Any]) -> None:
        """Have the map stand for another template; resources stay as they are."""
        for name in self._template.get("Parameters", {}):
            self._parsed_resources.pop(name, None)
        self._template = template
        self._resource_json_map = template["Resources"]
        self.input_parameters = parameters
        self.load()

    def is_wanted(self, name: str) -> bool:
        condition = self._resource_json_map[name].get("Condition")
        return not condition or bool(self.lazy_condition_map[condition])

    def without_unset(self, name: str) -> Template:
        """The resource's part of the template without the properties that a condition leaves out."""
        resource = self._resource_json_map[name]
        properties = resource.get("Properties") or {}
        return resource | {"Properties": {key: value for key, value in properties.items() if not self._is_unset(value)}}

    def _is_unset(self, value: Any) -> bool:
        if isinstance(value, dict) and "Fn::If" in value:
            condition, *branches = value["Fn::If"]
            return self._is_unset(branches[0] if self.lazy_condition_map[condition] else branches[1])
        return value == {"Ref": "AWS::NoValue"}

    def resolved(self, name: str) -> Template:
        """The resource's part of the template with its references resolved."""
        resource = self._chosen(self._resource_json_map[name])
        resource.setdefault("Properties", {})
        return clean_json(resource, self)

    def _chosen(self, value: Any) -> Any:
        """A copy with the branches that conditions choose, and without what they leave out, also of lists."""
        if isinstance(value, dict) and "Fn::If" in value:
            condition, *branches = value["Fn::If"]
            return self._chosen(branches[0] if self.lazy_condition_map[condition] else branches[1])
        if isinstance(value, dict):
            return {key: self._chosen(item) for key, item in value.items() if not self._is_unset(item)}
        if isinstance(value, list):
            return [self._chosen(item) for item in value if not self._is_unset(item)]
        return value

    def is_changed(self, name: str, resolved: Template) -> bool:
        """Whether properties differ from those applied; dates and numbers compare by their text."""
        old, new = self.applied[name]["Properties"], resolved["Properties"]
        return json.dumps(old, sort_keys=True, default=str) != json.dumps(new, sort_keys=True, default=str)

    def create_resource(self, name: str) -> CloudFormationModel:
        resolved = self.resolved(name)
        resource_type = resolved["Type"]
        physical_name = self._name_of(name, resolved)
        resource = model_of(resource_type).create_from_cloudformation_json(
            physical_name,
            copy.deepcopy(resolved),
            self._account_id,
            self._region_name,
            LogicalId=name,
            StackId=self.stack_id,
            ResourceType=resource_type,
        )
        self.names[name] = physical_name
        self._keep(name, resource, resolved)
        return resource

    def update_resource(self, name: str, resolved: Template) -> CloudFormationModel:
        """Apply the resolved template part to the existing resource."""
        model = model_of(resolved["Type"])
        if not _implements(model, "update_from_cloudformation_json"):
            raise UnsupportedChangeError(f"Updating {resolved['Type']} is not supported by the local endpoint")
        given_name = resolved["Properties"].get(name_property_of(resolved["Type"]) or "")
        before = self._present(name)
        resource = model.update_from_cloudformation_json(
            original_resource=before.resource,
            new_resource_name=given_name or self.names[name],
            cloudformation_json=copy.deepcopy(resolved),
            account_id=self._account_id,
            region_name=self._region_name,
        )
        self._keep(name, resource, resolved)
        if getattr(resource, "replaces", None):
            resource.replaces = None
            self.names[name] = resource.name
            self.replaced[name] = before
        return resource

    def restore_replaced(self) -> None:
        """Have the replaced resources be those of the stack again, and what took their places the replaced ones."""
        for name, before in self.replaced.items():
            self.replaced[name] = self._present(name)
            self._keep(name, before.resource, before.resolved)
            self.names[name] = before.name

    def delete_replaced(self, name: str) -> None:
        replaced = self.replaced.pop(name)
        self._delete(replaced.resource, replaced.resolved)

    def delete_resource(self, name: str) -> None:
        self._delete(self._parsed_resources[name], self.applied[name])
        self.forget(name)

    def _delete(self, resource: CloudFormationModel, resolved: Template) -> None:
        model = model_of(resolved["Type"])
        if _implements(model, "delete_from_cloudformation_json"):
            model.delete_from_cloudformation_json(
                resource.physical_resource_id, copy.deepcopy(resolved), self._account_id, self._region_name
            )
        elif hasattr(resource, "delete"):
            resource.delete(self._account_id, self._region_name)
        else:
            raise UnsupportedChangeError(f"Deleting {resolved['Type']} is not supported by the local endpoint")

    def forget(self, name: str) -> None:
        """Leave the resource to itself: it is no longer the stack's."""
        self._parsed_resources.pop(name)
        self.applied.pop(name)
        self.names.pop(name, None)

    def _present(self, name: str) -> Replaced:
        return Replaced(self._parsed_resources[name], self.applied[name], self.names[name])

    def _keep(self, name: str, resource: CloudFormationModel, resolved: Template) -> None:
        resource.cf_resource_type = resolved["Type"]
        resource.logical_resource_id = name
        self._parsed_resources[name] = resource
        self.applied[name] = resolved

    def _name_of(self, name: str, resolved: Template) -> str:
        property_name = name_property_of(resolved["Type"])
        given = resolved["Properties"].get(property_name) if property_name else None
        return given or generate_resource_name(resolved["Type"], self["AWS::StackName"], name)


def _implements(model: type[CloudFormationModel], method: str) -> bool:
    return not hasattr(getattr(model, method), "__isabstractmethod__")
