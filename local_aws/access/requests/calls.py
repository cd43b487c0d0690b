"""What a request asks for: an operation with its parameters, and the permissions that it needs.

A service's module in `services` has `RULES`: for each of its operations what a call of it needs. Most operations need
the action of their own name on resources that their parameters name, which is written as a template of the resource's
ARN. Source: Service Authorization Reference, a page per service.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from local_aws.access.principals import Values
from local_aws.access.service_roles import arn_of_role

PLACE = re.compile(r"{([\w.]+)}")


@dataclass(frozen=True)
class Call:
    """A request by its operation; `parameters` as the service's API names them."""

    operation: str
    parameters: Mapping[str, Any]
    region: str
    account_id: str
    partition: str = "aws"

    def arn(self, prefix: str, name: str) -> str:
        """The ARN of a resource of the caller's account and region."""
        return f"arn:{self.partition}:{prefix}:{self.region}:{self.account_id}:{name}"


@dataclass(frozen=True)
class Need:
    """One permission: an action on a resource, and the values of the action's condition keys."""

    action: str
    resource: str = "*"
    values: Values = field(default_factory=dict)


Rule = Callable[[Call], Iterable[Need]]
Rules = Mapping[str, Rule]


def rules(prefix: str, operations: Mapping[str, str], actions: Mapping[str, str] | None = None) -> dict[str, Rule]:
    """Rules of operations by templates: `{"job/{JobName}": "GetJob StartJobRun"}`.

    A template is relative to the service's ARNs of the region and account; `*` is any resource, and one that begins
    with `arn:` is whole. Several, with spaces between, are all needed. Of alternatives (`a/{A}|b/{B}`) the first counts
    whose parameters were given; a parameter that was not is `*`, of a list each entry counts, and an ARN in the place
    of a name stands for the template up to there. `actions` names the actions of operations that have another name.
    """
    made: dict[str, Rule] = {}
    for templates, names in operations.items():
        for operation in names.split():
            made[operation] = _rule(prefix, (actions or {}).get(operation, operation), templates.split())
    return made


def _rule(prefix: str, action: str, templates: list[str]) -> Rule:
    def needs(call: Call) -> Iterator[Need]:
        for template in templates:
            for resource in resources(call, prefix, template):
                yield Need(f"{prefix}:{action}", resource)

    return needs


def resources(call: Call, prefix: str, template: str) -> Iterator[str]:
    """The ARNs that a template means in a call."""
    alternatives = template.split("|")
    chosen = next((one for one in alternatives if _has_all(call, one)), alternatives[0])
    if chosen == "*":
        yield chosen
        return
    places = PLACE.findall(chosen)
    for values in product(*(_values(call, place) for place in places)):
        name = chosen
        for place, value in zip(places, values, strict=True):
            before, _, after = name.partition(f"{{{place}}}")
            name = f"{value}{after}" if value.startswith("arn:") else f"{before}{value}{after}"
        yield name if name.startswith("arn:") else call.arn(prefix, name)


def _has_all(call: Call, template: str) -> bool:
    return all(parameter(call, place) is not None for place in PLACE.findall(template))


def _values(call: Call, place: str) -> list[str]:
    value = parameter(call, place)
    if place == "Account":
        return [call.account_id]
    return [str(one) for one in value] if isinstance(value, list) else ["*" if value is None else str(value)]


def parameter(call: Call, path: str) -> Any:
    """The parameter at a path such as `S3Settings.BucketName`; None where it was not given."""
    value: Any = call.parameters
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def passing_roles(made: Mapping[str, Rule], service: str, operations: Mapping[str, str]) -> dict[str, Rule]:
    """The rules, and for operations that hand a role to the service `iam:PassRole` on it.

    :param operations: the path of the role's parameter, an ARN or a name, by operation
    """

    def passing(rule: Rule, path: str) -> Rule:
        def needs(call: Call) -> Iterator[Need]:
            yield from rule(call)
            role = parameter(call, path)
            if role:
                yield Need("iam:PassRole", arn_of_role(role, call.account_id), {"iam:passedtoservice": service})

        return needs

    return {**made, **{name: passing(made[name], path) for name, path in operations.items()}}
