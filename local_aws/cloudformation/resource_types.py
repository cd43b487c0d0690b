"""The models of resource types. Those of EC2 are imported when a template names one: they take a second."""

from functools import cache

from moto.backends import get_backend
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

EC2 = "AWS::EC2::"


def model_of(resource_type: str) -> type[CloudFormationModel] | None:
    """None for a type that neither moto nor this endpoint has."""
    if resource_type.startswith(EC2):
        _import_ec2()
    return parsing.get_model_map().get(resource_type)


def name_property_of(resource_type: str) -> str | None:
    """The property that names a resource of the type, if there is one."""
    model = model_of(resource_type)
    return (model.cloudformation_name_type() or None) if model else None


@cache
def _import_ec2() -> None:
    get_backend("ec2")
    for listing in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        listing.cache_clear()
