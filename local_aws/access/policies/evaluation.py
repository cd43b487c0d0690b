"""What policies decide about one request (IAM user guide, Policy evaluation logic, for requests within an account)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from local_aws.access.errors import PolicyNotEvaluatedError
from local_aws.access.policies.conditions import is_met
from local_aws.access.policies.documents import Condition, Names, Policy, Statement
from local_aws.access.policies.keys import is_known_key
from local_aws.access.policies.patterns import Values, matches, resolved

# Resources whose own policy has to let everybody in: an identity policy alone gives nothing (KMS developer guide, Key
# policies; IAM user guide, The role trust policy).
GUARDED_ACTIONS = ("kms:", "sts:AssumeRole")


@dataclass(frozen=True)
class Caller:
    """Who asks, as resource policies name them.

    `names` are the caller's own by kind of principal (`AWS`, `Service`), `account_names` those of its account: a grant
    to the account leaves the decision to the identity policies.
    """

    names: Mapping[str, frozenset[str]]
    account_names: frozenset[str] = frozenset()
    role_arn: str = ""


def caller_of_role(role_arn: str, session_arn: str = "") -> Caller:
    """A session of the role."""
    _, partition, _, _, account_id, _ = role_arn.split(":", 5)
    root = f"arn:{partition}:iam::{account_id}:root"
    return Caller({"AWS": frozenset({role_arn, session_arn})}, frozenset({account_id, root}), role_arn)


@dataclass(frozen=True)
class Request:
    """`values` are those of the condition keys, whose names are in lower case."""

    caller: Caller
    action: str
    resource: str
    values: Values


@dataclass(frozen=True)
class Policies:
    """All that have a say. `resource` is the resource's own; without a `boundary` or a `session` policy none limits."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    resource: Policy | None = None


@dataclass(frozen=True)
class Decision:
    """`reason` is the end of AWS's sentence about a refusal (IAM user guide, Access denied error messages)."""

    is_allowed: bool
    reason: str = ""


ALLOWED = Decision(is_allowed=True)


@dataclass
class _Grants:
    """Who is let in by a resource policy: the session or everybody, its role, or its account."""

    session: bool = False
    role: bool = False
    account: bool = False


def decide(request: Request, policies: Policies) -> Decision:
    """Raises PolicyNotEvaluatedError where a statement that matters cannot be evaluated."""
    kinds = (
        ("an identity-based policy", policies.identity),
        ("a resource-based policy", (policies.resource,)),
        ("a permissions boundary", (policies.boundary,)),
        ("a session policy", (policies.session,)),
    )
    for kind, several in kinds:
        if any(_has(policy, "Deny", request) for policy in several if policy):
            return Decision(is_allowed=False, reason=f"with an explicit deny in {kind}")
    grants = _resource_grants(policies.resource, request)
    if grants.session:
        return ALLOWED
    is_guarded = request.action.startswith(GUARDED_ACTIONS) and request.resource != "*"
    if is_guarded and not grants.role and not grants.account:
        return _refused("resource-based policy", request)
    if not grants.role and not any(_has(policy, "Allow", request) for policy in policies.identity):
        return _refused("identity-based policy", request)
    if policies.boundary and not _has(policies.boundary, "Allow", request):
        return _refused("permissions boundary", request)
    if policies.session and not _has(policies.session, "Allow", request):
        return _refused("session policy", request)
    return ALLOWED


def evaluate(policies: Iterable[Policy], action: str, resource: str, context: Values) -> bool:
    """Whether a role with the policies may do it. The context, as it is recorded, has `aws:principalarn`.

    Of JSON's lists in a recorded context the values are several.
    """
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in context.items()}
    caller = caller_of_role(str(values["aws:principalarn"]))
    request = Request(caller, action, resource, values)
    return decide(request, Policies(tuple(policies))).is_allowed


def _refused(kind: str, request: Request) -> Decision:
    return Decision(is_allowed=False, reason=f"because no {kind} allows the {request.action} action")


def _resource_grants(policy: Policy | None, request: Request) -> _Grants:
    """What an ARN of a role grants is limited by boundaries and session policies, what a session's grants is not."""
    grants = _Grants()
    for statement in statements_about(policy, "Allow", request.action) if policy else ():
        if not _applies(statement, request):
            continue
        caller = request.caller
        named = _named(statement, caller)
        grants.role |= caller.role_arn in named
        grants.account |= bool(named & caller.account_names)
        grants.session |= bool(named - caller.account_names - {caller.role_arn})
    return grants


def _has(policy: Policy, effect: str, request: Request) -> bool:
    return any(
        _applies(statement, request) and (statement.principals is None or bool(_named(statement, request.caller)))
        for statement in statements_about(policy, effect, request.action)
    )


@lru_cache(maxsize=16384)
def statements_about(policy: Policy, effect: str, action: str) -> tuple[Statement, ...]:
    """The statements of the effect that name the action."""
    return tuple(one for one in policy.statements if one.effect == effect and _is_about(one.actions, action))


def _is_about(actions: Names, action: str) -> bool:
    return any(matches(pattern, action, ignores_case=True) for pattern in actions.wanted) != actions.is_negated


def _named(statement: Statement, caller: Caller) -> frozenset[str]:
    """By which of its names the statement means the caller."""
    if statement.principals is None:
        raise PolicyNotEvaluatedError("A statement of a resource's policy without Principal")
    everybody = frozenset({"*"})
    named: frozenset[str] = frozenset()
    for kind, wanted in statement.principals.items():
        own = caller.names.get(kind, frozenset()) | (caller.account_names if kind == "AWS" else frozenset())
        named |= own & frozenset(wanted)
        if "*" in wanted and (own or kind == "AWS"):
            named |= everybody
    if statement.is_not_principals:
        return frozenset() if named else everybody
    return named


def _applies(statement: Statement, request: Request) -> bool:
    if statement.resources and not _is_on(statement.resources, request):
        return False
    return all(_is_met(condition, request) for condition in statement.conditions)


def _is_on(resources: Names, request: Request) -> bool:
    patterns = (resolved(pattern, request.values) for pattern in resources.wanted)
    return any(one is not None and matches(one, request.resource) for one in patterns) != resources.is_negated


def _is_met(condition: Condition, request: Request) -> bool:
    if condition.key not in request.values and not is_known_key(condition.key, request.action):
        raise PolicyNotEvaluatedError(f"The condition key {condition.key} for {request.action}")
    return is_met(condition, request.values)
