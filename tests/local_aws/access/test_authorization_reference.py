"""The rules of requests against AWS's Service Authorization Reference and the services' API models.

`service_authorization.json` has, of the actions that the rules name, the ARNs of the resources that AWS lists for them:
`{"glue": {"GetJob": ["arn:${Partition}:glue:…"]}}`. It is made by `write_authorization_reference`.
"""

import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from local_aws.access.requests import services
from local_aws.access.requests.calls import Call, Need
from local_aws.access.requests.parsing import needs_of
from local_aws.access.requests.services import glue, s3

REFERENCE_FILE = Path(__file__).with_name("service_authorization.json")
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
    """The service's module, the operation, and what it needs."""
    yield from needs_of_rules()
    yield from needs_of_s3()
    for operation in glue._ICEBERG_ACTIONS:
        call = Call(operation, {"namespace": "db", "table": "t", "name": "t"}, "us-east-1", "123456789012")
        yield from (("iceberg", operation, need) for need in glue.iceberg_needs(call) or ())
    for operation in Loader().load_service_model("apigatewayv2", "service-2")["operations"].values():
        path = re.sub(r"{\w+}", "x", operation["http"]["requestUri"])
        environ = {"REQUEST_METHOD": operation["http"]["method"], "PATH_INFO": path}
        if path.startswith("/v2/apis"):
            yield from (("apigatewayv2", operation["name"], need) for need in needs_of("apigatewayv2", environ))


def needs_of_s3() -> Iterator[tuple[str, str, Need]]:
    for method, query in product(("GET", "HEAD", "PUT", "DELETE"), ("", "uploads", "versions", *s3._BUCKET_SETTINGS)):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": "/bucket", "QUERY_STRING": query}
        yield from (("s3", f"{method} {query}", need) for need in s3.needs_of(environ) or ())
    for operation, actions in (s3._OBJECT | s3._OBJECT_PARTS).items():
        for action in " ".join(actions).split():
            yield "s3", str(operation), Need(f"s3:{action}", s3.object_arn("bucket", "key"))
    yield "s3", "GET", Need("s3:ListAllMyBuckets")


def needs_of_rules() -> Iterator[tuple[str, str, Need]]:
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
    reference = json.loads(REFERENCE_FILE.read_text())
    found = list(needs())
    unknown = [
        (operation, need.action, need.resource)
        for _, operation, need in found
        for prefix, _, action in [need.action.partition(":")]
        if action not in reference[prefix]
        or (
            not need.resource.endswith("*")
            and GIVEN not in need.resource
            and not any(fits(need.resource, arn) for arn in reference[prefix][action])
        )
    ]
    assert len(found) > 900
    assert unknown == []


@pytest.mark.parametrize("service", sorted({module for module, _, _ in needs_of_rules()}))
def test_every_rule_is_of_an_operation_that_the_service_has(service: str) -> None:
    name = MODELS.get(service, service)
    operations = Loader().load_service_model(name, "service-2")["operations"]
    rules = import_module(f"{services.__name__}.{service}").RULES
    assert rules.keys() <= operations.keys() | {"InvokeAsync"}
