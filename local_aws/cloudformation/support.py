"""Which resource types and properties the endpoint really applies; a stack that uses another fails."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from local_aws.cloudformation.resource_types import model_of
from local_aws.cloudformation.template import Template, references

# Of moto's own types: the properties that its models read when they create a resource.
MOTO_PROPERTIES = Path(__file__).with_name("moto_properties.json")
RESOURCE_ATTRIBUTES = frozenset(
    {"Type", "Properties", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Metadata"}
)


@cache
def _moto_properties() -> dict[str, list[str]]:
    return json.loads(MOTO_PROPERTIES.read_text())


def supported_properties(resource_type: str) -> frozenset[str] | None:
    """The type's supported properties; None for a type that is not supported."""
    model = model_of(resource_type)
    if model is None:
        return None
    declared = getattr(model, "supported_properties", None)
    if declared is not None:
        return frozenset(declared)
    listed = _moto_properties().get(resource_type)
    return None if listed is None else frozenset(listed)


def problem_of(resource: Template, template: Template) -> str | None:
    """Why the resource cannot be created here, in one sentence; None if it can."""
    resource_type = resource["Type"]
    supported = supported_properties(resource_type)
    if supported is None:
        return f"{resource_type} is not supported by the local endpoint"
    unsupported = sorted(set(resource.get("Properties") or {}) - supported)
    if unsupported:
        return f"{resource_type} property {unsupported[0]} is not supported by the local endpoint"
    attributes = sorted(set(resource) - RESOURCE_ATTRIBUTES)
    if attributes:
        return f"{resource_type} attribute {attributes[0]} is not supported by the local endpoint"
    return _unsupported_attribute(resource.get("Properties"), template)


def _unsupported_attribute(properties: Any, template: Template) -> str | None:
    """Why a Fn::GetAtt in the properties has no answer; None if all have."""
    for name, attribute in references(properties):
        if attribute is None:
            continue
        resource_type = template["Resources"].get(name, {}).get("Type", "")
        model = model_of(resource_type)
        if model is not None and not model.has_cfn_attr(attribute):
            return (
                f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
                f" ({resource_type} of the local endpoint)"
            )
    return None
