"""Which of AWS's services the endpoint has: those with a package here, and those whose state is all that they do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import iter_modules

import local_aws


@dataclass(frozen=True)
class StateOnlyService:
    """A service that moto answers for: what is put there and read again is the whole of it.

    `operations` matches the names of those that are served; the others would say that something is done.
    """

    keeps: str
    operations: re.Pattern[str] = re.compile(r"\w+")


STATE_ONLY = {
    "ec2": StateOnlyService(
        "networks and security groups, which templates name",
        re.compile(
            r"Describe\w+|[A-Z][a-z]+(Default)?"
            r"(Vpc|VpcAttribute|Subnet|SubnetAttribute|SecurityGroup\w*|Route|RouteTable|InternetGateway|NetworkAcl\w*"
            r"|DhcpOptions|Tags)"
        ),
    ),
    "kms": StateOnlyService("keys, with which it encrypts and signs"),
    "resourcegroupstaggingapi": StateOnlyService("the tags of the other services' resources"),
}


def service_packages() -> list[str]:
    """The packages of local_aws that answer addresses."""
    packages = [module.name for module in iter_modules(local_aws.__path__) if module.ispkg]
    return [name for name in packages if find_spec(f"local_aws.{name}.urls")]


def served_services() -> list[str]:
    """All services of the endpoint, by their packages' and moto's names."""
    return sorted({*service_packages(), *STATE_ONLY})


def is_served(service: str | None, packages: Iterable[str]) -> bool:
    """Whether the endpoint has the service of this name of moto's; None is a service that moto has not, either."""
    return service in STATE_ONLY or service in {package.replace("_", "") for package in packages}
