"""What a service of AWS and the account's administrator may do with a resource, as the resource's own policy says."""

import time
from datetime import UTC, datetime

from local_aws.access.policies.documents import Policy, policy_of
from local_aws.access.policies.evaluation import Caller, Decision, Policies, Request, decide
from local_aws.access.principals import ADMINISTRATOR, Values, current_values
from local_aws.access.resource_policies import resource_policy
from local_aws.settings import ACCOUNT_ID

EVERYTHING = policy_of('{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')


def service_may(service: str, action: str, resource: str, source_arn: str | None = None, **values: str) -> bool:
    """Whether the resource's policy lets in the service; the parameters are those of `service_request`."""
    policy = resource_policy(resource, ACCOUNT_ID)
    if policy is None:
        return False
    request = service_request(service, action, resource, source_arn, **values)
    return decide(request, Policies(resource=policy)).is_allowed


def service_request(service: str, action: str, resource: str, source_arn: str | None = None, **values: str) -> Request:
    """What a service such as `events.amazonaws.com` asks of a resource.

    :param source_arn: what the service acts for; of a source that is not told no condition is met
    :param values: of further condition keys, whose names are in lower case
    """
    accounts = (arn.split(":")[4] for arn in (source_arn, resource) if arn and arn.count(":") >= 5)
    known = {
        **moment(),
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
        "aws:securetransport": "true",
        "aws:sourceaccount": next(filter(None, accounts), ACCOUNT_ID),
        **({"aws:sourcearn": source_arn} if source_arn else {}),
        **values,
    }
    return Request(Caller({"Service": frozenset({service})}), action, resource, known)


def administrator_may_assume(role_arn: str, **values: str) -> bool:
    """Whether the role trusts the account or its administrator: nobody assumes a role that does not.

    :param values: of further condition keys, whose names are in lower case
    """
    return administrator_decision("sts:AssumeRole", role_arn, resource_policy(role_arn, ACCOUNT_ID), values).is_allowed


def administrator_decision(action: str, resource: str, policy: Policy | None, values: Values) -> Decision:
    """What the resource's own policy, if it has one, leaves to the administrator, whom IAM allows everything."""
    root = f"arn:aws:iam::{ACCOUNT_ID}:root"
    caller = Caller({"AWS": frozenset({root, ADMINISTRATOR.arn})}, frozenset({ACCOUNT_ID}))
    known = {
        **moment(),
        "aws:principalaccount": ADMINISTRATOR.account_id,
        "aws:principalarn": ADMINISTRATOR.arn,
        "aws:principalisawsservice": "false",
        "aws:principaltype": "User",
        "aws:resourceaccount": ACCOUNT_ID,
        "aws:securetransport": "true",
        "aws:userid": ADMINISTRATOR.user_id,
        "aws:username": ADMINISTRATOR.user_name,
        "aws:viaawsservice": "false",
        **current_values(),
        **values,
    }
    return decide(Request(caller, action, resource, known), Policies(identity=(EVERYTHING,), resource=policy))


def moment() -> Values:
    """The values of the keys that tell the time."""
    now = int(time.time())
    return {"aws:epochtime": str(now), "aws:currenttime": datetime.fromtimestamp(now, UTC).isoformat()}
