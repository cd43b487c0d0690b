"""The folders of a bucket of which who acts may use every key alike, so that nobody has to be asked for each."""

import re
from collections.abc import Iterable, Iterator

from local_aws.access import decisions
from local_aws.access.errors import PolicyNotEvaluatedError
from local_aws.access.policies.documents import Condition, Names, Policy, policy_of
from local_aws.access.policies.evaluation import statements_about
from local_aws.access.policies.keys import is_constant_key
from local_aws.access.policies.patterns import matches
from local_aws.access.principals import RoleSession, current_principal, current_values
from local_aws.access.resource_policies import resource_policy
from local_aws.access.roles import policies_of, role_of_session
from local_aws.storage import is_storable

SPECIAL_CHARACTER = re.compile(r"[*?$]")
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
LISTING = "s3:ListBucket"
# Of listed keys the beginnings that these compare are looked at as patterns of keys are.
PREFIX_OPERATORS = {"StringEquals", "StringLike"}
# Stands for every name that no policy knows.
ANY_NAME = "any-name-that-no-policy-has"


def folder_rights(bucket: str) -> dict[str, bool]:
    """Whether who acts may read, write, delete and list everything: in the bucket as a whole, named "", and in those of
    its folders where the answer is the other one, none of which lies in another.

    Of a folder for which it is False some keys may be allowed all the same, and some of the actions. So it is where
    policies tell keys apart by more than the folder they begin with, or requests by more than their keys.
    """
    principal = current_principal()
    if not isinstance(principal, RoleSession):
        return {"": True}
    arn = f"arn:{principal.partition}:s3:::{bucket}/"
    policies = _policies(principal, arn)
    if _tell_requests_apart(policies, arn):
        return {"": False}
    folders = _folders(set(_patterns(policies, arn)), arn)
    rights = {name: is_alike and _may_everything(principal, arn, name) for name, is_alike in folders.items()}
    return _chosen(rights)


def _policies(session: RoleSession, arn: str) -> tuple[Policy, ...]:
    role = role_of_session(session)
    if role is None:
        return ()
    own = policies_of(role)
    limits = (own.boundary, policy_of(session.policy) if session.policy else None)
    return tuple(filter(None, (*own.identity, *limits, resource_policy(arn, session.account_id))))


def _tell_requests_apart(policies: Iterable[Policy], arn: str) -> bool:
    """Whether of two calls with a key one may be allowed and the other one not, as by the time or an address."""
    return any(
        not _is_constant(condition)
        for policy in policies
        for action in (*ACTIONS, LISTING)
        for effect in ("Allow", "Deny")
        for statement in statements_about(policy, effect, action)
        if statement.resources is None or _may_mean(statement.resources, arn)
        for condition in statement.conditions
    )


def _is_constant(condition: Condition) -> bool:
    if condition.key == "s3:prefix":
        return condition.operator in PREFIX_OPERATORS
    return is_constant_key(condition.key) and not any("$" in one for one in condition.wanted)


def _may_mean(resources: Names, arn: str) -> bool:
    """Whether the resources may be the bucket or keys of it."""
    bucket = arn.removesuffix("/")
    beginnings = ((pattern, SPECIAL_CHARACTER.split(pattern, maxsplit=1)[0]) for pattern in resources.wanted)
    return resources.is_negated or any(
        fixed == bucket or fixed.startswith(arn) or (pattern != fixed and bucket.startswith(fixed))
        for pattern, fixed in beginnings
    )


def _patterns(policies: Iterable[Policy], arn: str) -> Iterator[str]:
    """All that may tell keys apart: resources, whatever is said of them, and the beginnings of listed keys."""
    for policy in policies:
        for statement in policy.statements:
            yield from statement.resources.wanted if statement.resources else ()
            for condition in statement.conditions:
                if condition.key == "s3:prefix":
                    yield from (f"{arn}{prefix}" for prefix in condition.wanted)


def _folders(patterns: Iterable[str], arn: str) -> dict[str, bool]:
    """The folders that patterns name, and whether all patterns are about all of a folder or about nothing in it.

    What they say of a folder within it is not looked at, as that is a folder of its own here. In a folder that no path
    can name there is nothing.
    """
    folders = {"": True}
    crossing = []
    for pattern in patterns:
        fixed = SPECIAL_CHARACTER.split(pattern, maxsplit=1)[0]
        if not fixed.startswith(arn):
            if arn.startswith(fixed) and pattern not in (fixed, f"{fixed}*") and not _covers(pattern, arn):
                crossing.append(fixed)
            continue
        folder, slash, name = fixed.removeprefix(arn).rpartition("/")
        if slash and not is_storable(f"{folder}/"):
            continue
        is_alike = pattern == arn or (pattern == f"{fixed}*" and not name)
        folders[folder] = folders.get(folder, True) and is_alike
        if pattern not in (fixed, f"{fixed}*"):
            crossing.append(fixed)
    return {
        name: is_alike and not any(_beginning(arn, name).startswith(fixed) for fixed in crossing)
        for name, is_alike in folders.items()
    }


def _covers(pattern: str, arn: str) -> bool:
    return "$" not in pattern and pattern.endswith("*") and matches(pattern[:-1], arn)


def _beginning(arn: str, folder: str) -> str:
    return f"{arn}{folder}/" if folder else arn


def _may_everything(session: RoleSession, arn: str, folder: str) -> bool:
    beginning = _beginning(arn, folder)
    prefix = beginning.removeprefix(arn)
    questions = [(action, f"{beginning}{ANY_NAME}", {}) for action in ACTIONS]
    questions += [(LISTING, arn.removesuffix("/"), {"s3:prefix": one}) for one in (prefix, f"{prefix}{ANY_NAME}/")]
    try:
        # A question by the policy's own patterns is no call that shows that it is needed.
        return all(
            decisions.is_allowed(session, action, resource, {**current_values(), **values}, is_recorded=False)
            for action, resource, values in questions
        )
    except PolicyNotEvaluatedError:
        return False


def _chosen(rights: dict[str, bool]) -> dict[str, bool]:
    whole = rights[""]
    chosen: dict[str, bool] = {}
    for folder in sorted(rights):
        inner = [other for other in rights if other.startswith(f"{folder}/")]
        is_within = any(folder.startswith(f"{other}/") for other in chosen)
        if rights[folder] != whole and not is_within and (whole or all(rights[other] for other in inner)):
            chosen[folder] = not whole
    return {"": whole, **chosen}
