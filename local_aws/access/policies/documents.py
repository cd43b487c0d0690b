"""Policy documents as statements; what a document says is read once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from local_aws.access.errors import PolicyNotEvaluatedError

KNOWN_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}


@dataclass(frozen=True)
class Condition:
    """`key` in lower case: condition keys' names have no case."""

    operator: str
    key: str
    wanted: tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """The names of an element and of its Not form, at most one of which a statement has."""

    wanted: tuple[str, ...]
    is_negated: bool


@dataclass(frozen=True)
class Statement:
    """`principals` is None in an identity policy, whose `resources` are there always; a trust policy has none."""

    effect: Literal["Allow", "Deny"]
    actions: Names
    resources: Names | None
    principals: Mapping[str, tuple[str, ...]] | None
    is_not_principals: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, eq=False)
class Policy:
    """A document that was read; the same text gives the same policy."""

    statements: tuple[Statement, ...]

    @property
    def is_about_time(self) -> bool:
        """Whether what it decides may change while nothing else does."""
        return any(
            condition.key in {"aws:currenttime", "aws:epochtime"}
            for statement in self.statements
            for condition in statement.conditions
        )


@lru_cache(maxsize=4096)
def policy_of(document: str | bytes) -> Policy:
    """Raises PolicyNotEvaluatedError of a document that is none."""
    try:
        content = json.loads(document)
    except ValueError as error:
        raise PolicyNotEvaluatedError(f"A policy document is no JSON: {error}") from error
    statements = _list(_object(content, "A policy document").get("Statement", []))
    return Policy(tuple(_statement(_object(one, "A policy's statement")) for one in statements))


def _statement(content: Mapping[str, Any]) -> Statement:
    if unknown := content.keys() - KNOWN_ELEMENTS:
        raise PolicyNotEvaluatedError(f"The element {min(unknown)} of a policy's statement")
    if content.get("Effect") not in ("Allow", "Deny"):
        raise PolicyNotEvaluatedError(f"The effect {content.get('Effect')} of a policy's statement")
    actions = _names(content, "Action", "NotAction")
    if actions is None:
        raise PolicyNotEvaluatedError("A policy's statement without Action and NotAction")
    principal = content.get("Principal", content.get("NotPrincipal"))
    return Statement(
        content["Effect"],
        actions,
        _names(content, "Resource", "NotResource"),
        None if principal is None else _principals(principal),
        "NotPrincipal" in content,
        tuple(
            Condition(operator, key.lower(), tuple(map(_text, _list(wanted))))
            for operator, keys in _object(content.get("Condition", {}), "A policy's Condition").items()
            for key, wanted in _object(keys, f"The operator {operator} of a policy's Condition").items()
        ),
    )


def _names(content: Mapping[str, Any], name: str, negated: str) -> Names | None:
    if name in content:
        return Names(tuple(_list(content[name])), is_negated=False)
    return Names(tuple(_list(content[negated])), is_negated=True) if negated in content else None


def _principals(principal: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(principal, str):
        return {"AWS": (principal,)}
    return {kind: tuple(_list(names)) for kind, names in _object(principal, "A policy's Principal").items()}


def _object(content: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise PolicyNotEvaluatedError(f"{name} that is no JSON object")
    return content


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
