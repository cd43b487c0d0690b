"""What the endpoint's processes do not import, or not before it is used."""

import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

# moto's CloudFormation imports the models of all services that it has resource types of, used or not.
SELDOM_USED = (
    "apigateway",
    "autoscaling",
    "batch",
    "datapipeline",
    "ec2",
    "ecs",
    "efs",
    "elb",
    "elbv2",
    "emr",
    "iot",
    "rds",
    "redshift",
    "route53",
    "sagemaker",
    "stepfunctions",
)


class _WithoutPandas:
    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def hide_pandas() -> None:
    """Hide pandas, which pyarrow takes along where it finds it: that takes a second of each start, for nothing."""
    sys.meta_path.insert(0, _WithoutPandas)


class _Deferred(ModuleType):
    """Stands for a module until something of it is asked for; its submodules can be imported by themselves."""

    def __init__(self, name: str, folders: list[str]) -> None:
        super().__init__(name)
        self.__path__ = folders

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            package = self.__name__.removesuffix(".models")
            del sys.modules[package], sys.modules[f"{package}.models"]
        return getattr(importlib.import_module(self.__name__), name)


def defer_seldom_used_services() -> None:
    """Let moto's packages of services that are refused, or that few use, be imported when somebody uses them."""
    import moto

    if any(f"moto.{service}" in sys.modules for service in SELDOM_USED):
        return
    for service in SELDOM_USED:
        package = _deferred(f"moto.{service}", list(moto.__path__))
        vars(package)["models"] = _deferred(f"moto.{service}.models", package.__path__)
    # Systems Manager has EC2's backends at hand for commands to instances, which are refused.
    ec2 = sys.modules["moto.ec2"]
    vars(ec2)["ec2_backends"] = {}
    importlib.import_module("moto.ssm.models")
    del vars(ec2)["ec2_backends"]


def _deferred(name: str, folders: list[str]) -> _Deferred:
    found = PathFinder.find_spec(name, folders)
    if found is None:
        raise ModuleNotFoundError(name=name)
    sys.modules[name] = module = _Deferred(name, list(found.submodule_search_locations or []))
    return module
