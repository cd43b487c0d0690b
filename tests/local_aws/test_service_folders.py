"""The folders of the endpoint's services are built alike."""

from importlib import import_module
from importlib.util import find_spec

import pytest
from moto.core.common_models import CloudFormationModel

from local_aws.cloudformation.resources.base import StackResource
from local_aws.services import service_packages
from local_aws.state.declaration import ServiceState, declared_state

PARTS = ("models", "responses", "state", "urls")


@pytest.mark.parametrize("service", service_packages())
def test_service_has_the_parts_of_every_service(service: str) -> None:
    package = import_module(f"local_aws.{service}")
    assert package.__doc__
    assert callable(package.install)
    missing = [part for part in PARTS if find_spec(f"local_aws.{service}.{part}") is None]
    assert missing == []


@pytest.mark.parametrize("service", service_packages())
def test_state_of_the_service_is_declared_in_its_folder(service: str) -> None:
    declared = declared_state(service.replace("_", ""))
    assert declared is import_module(f"local_aws.{service}.state").STATE
    assert isinstance(declared, ServiceState)


@pytest.mark.parametrize(
    "service", [name for name in service_packages() if find_spec(f"local_aws.{name}.cloudformation")]
)
def test_resource_types_of_the_service_have_one_base(service: str) -> None:
    module = import_module(f"local_aws.{service}.cloudformation")
    models = [one for one in CloudFormationModel.__subclasses__() if one.__module__ == module.__name__]
    assert models
    assert all(issubclass(model, StackResource) for model in models)
    assert all(model.type_name.startswith("AWS::") and model.supported_properties for model in models)
