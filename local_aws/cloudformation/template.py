"""What a template says without its resources: its references, the order they impose, and what is wrong with it."""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from moto.cloudformation.exceptions import ValidationError

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
# Not `${!literal}`, which CloudFormation leaves alone.
SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")

Template = dict[str, Any]
Reference = tuple[str, str | None]


def references(value: Any) -> Iterator[Reference]:
    """Pairs of a logical name and, for Fn::GetAtt and `${Name.Attribute}`, the attribute."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "Ref" and isinstance(item, str):
            yield item, None
        elif key == "Fn::GetAtt":
            name, *attribute = item.split(".") if isinstance(item, str) else item
            yield name, ".".join(str(part) for part in attribute)
        elif key == "Fn::Sub":
            yield from _substitutions(item)
        else:
            yield from references(item)


def _substitutions(value: Any) -> Iterator[Reference]:
    text, variables = (value, {}) if isinstance(value, str) else value
    yield from references(variables)
    for name in SUBSTITUTION.findall(text):
        if name not in variables:
            base, dot, attribute = name.partition(".")
            yield base, attribute if dot else None


def dependencies(resource: Template) -> set[str]:
    """Logical names that the resource's properties and DependsOn name."""
    explicit = resource.get("DependsOn", [])
    named = {name for name, _ in references(resource.get("Properties", {}))}
    return named | ({explicit} if isinstance(explicit, str) else set(explicit))


def creation_order(resources: Template) -> list[str]:
    """Logical names so that each comes after those it needs, otherwise in the template's order.

    Raises ValidationError for a circle.
    """
    order: list[str] = []
    open_names: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name in open_names:
            raise ValidationError(message=f"Circular dependency between resources: [{', '.join(sorted(open_names))}]")
        open_names.append(name)
        for needed in sorted(dependencies(resources[name]) & set(resources)):
            visit(needed)
        open_names.remove(name)
        order.append(name)

    for name in resources:
        visit(name)
    return order


def summary_of(template: Template) -> Template:
    """The answer to GetTemplateSummary."""
    parameters = [
        {
            "ParameterKey": name,
            "ParameterType": parameter["Type"],
            "DefaultValue": parameter.get("Default"),
            "NoEcho": parameter.get("NoEcho", False),
            "Description": parameter.get("Description"),
            "ParameterConstraints": {"AllowedValues": parameter.get("AllowedValues", [])},
        }
        for name, parameter in template.get("Parameters", {}).items()
    ]
    return {
        "Parameters": parameters,
        "Description": template.get("Description"),
        "ResourceTypes": [resource["Type"] for resource in _declared(template.get("Resources", {}))],
        "Version": template.get("AWSTemplateFormatVersion"),
        "DeclaredTransforms": declared_transforms(template),
    }


def _declared(resources: Template) -> Iterator[Template]:
    """The resources' definitions; one in a loop comes once."""
    for name, definition in resources.items():
        if name.startswith("Fn::ForEach::"):
            _, _, fragment = definition
            yield from _declared(fragment)
        else:
            yield definition


def declared_transforms(template: Template) -> list[str]:
    declared = template.get("Transform", [])
    return [declared] if isinstance(declared, str) else declared


def check_references(template: Template) -> None:
    """Raise ValidationError, as AWS does before it creates a stack, for a name that the template does not have.

    Also for a transform: the names that it would make are not known here.
    """
    for transform in declared_transforms(template):
        raise ValidationError(message=f"The transform {transform} is not supported by the local endpoint")
    resources = template.get("Resources", {})
    known = PSEUDO_PARAMETERS | set(resources) | set(template.get("Parameters", {}))
    used = {name for resource in resources.values() for name, _ in references(resource.get("Properties", {}))}
    used |= {name for resource in resources.values() for name in dependencies(resource)}
    _raise_unresolved(used - known, "Resources")
    _raise_unresolved({name for name, _ in references(template.get("Outputs", {}))} - known, "Outputs")


def _raise_unresolved(names: Collection[str], block: str) -> None:
    if names:
        raise ValidationError(
            message="Template format error: Unresolved resource dependencies"
            f" [{', '.join(sorted(names))}] in the {block} block of the template"
        )


def check_parameters(template: Template, given: dict[str, Any]) -> None:
    """Raise ValidationError for a parameter that the template does not have or whose value it does not allow."""
    declared = template.get("Parameters", {})
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, parameter in declared.items() if "Default" not in parameter and name not in given]
    if missing:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    for name, parameter in declared.items():
        problem = _problem_of_value(given.get(name, parameter.get("Default")), parameter)
        if problem:
            raise ValidationError(message=f"Parameter '{name}' must {problem}")


def _problem_of_value(value: Any, parameter: Template) -> str | None:
    """What the parameter demands and the value is not; None if all is well."""
    allowed = [str(choice) for choice in parameter.get("AllowedValues", [])]
    if allowed and str(value) not in allowed:
        return f"be one of AllowedValues: [{', '.join(allowed)}], not {value!r}"
    pattern = parameter.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, str(value)):
        return f"match pattern {pattern}"
    return _problem_of_number(str(value), parameter) if parameter["Type"] == "Number" else None


def _problem_of_number(value: str, parameter: Template) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return f"be a number, not {value!r}"
    if "MinValue" in parameter and number < Decimal(str(parameter["MinValue"])):
        return f"be a number not less than {parameter['MinValue']}"
    if "MaxValue" in parameter and number > Decimal(str(parameter["MaxValue"])):
        return f"be a number not greater than {parameter['MaxValue']}"
    return None
