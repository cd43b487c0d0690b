"""What engines do with objects on somebody's behalf, by the objects' `s3://bucket/key` URLs."""

import re

from local_aws.access import decisions
from local_aws.access.authorization import authorize
from local_aws.access.policies.documents import resource_patterns
from local_aws.access.principals import RoleSession, current_principal, current_values
from local_aws.access.resource_policies import resource_policy
from local_aws.access.roles import policies_of, role_of_session
from local_aws.settings import ACCOUNT_ID
from local_aws.storage import split_s3_url


def authorize_object(action: str, url: str) -> None:
    """Raises AccessDeniedError where who acts may not do it, such as `s3:GetObject`, with the object."""
    if is_restricted(url):
        bucket, key = split_s3_url(url)
        authorize(action, f"arn:aws:s3:::{bucket}/{key}")


def authorize_listing(url: str) -> None:
    """Raises AccessDeniedError where who acts may not list the keys that begin as the URL's."""
    if is_restricted(url):
        bucket, prefix = split_s3_url(url)
        authorize("s3:ListBucket", f"arn:aws:s3:::{bucket}", **{"s3:prefix": prefix})


def authorize_bucket(action: str, url: str) -> None:
    """Raises AccessDeniedError where who acts may not do it with the URL's bucket."""
    if is_restricted(url):
        authorize(action, f"arn:aws:s3:::{split_s3_url(url)[0]}")


def is_restricted(url: str) -> bool:
    """Whether something of the URL's bucket may be denied to who acts: to the administrator by the bucket's policy.

    A URL that names no bucket is for the engine to refuse.
    """
    if isinstance(current_principal(), RoleSession):
        return True
    try:
        bucket = split_s3_url(url)[0]
    except ValueError:
        return False
    return resource_policy(f"arn:aws:s3:::{bucket}", ACCOUNT_ID) is not None


def may_use_bucket(bucket: str) -> bool:
    """Whether who acts may read or write anything in the bucket, as far as the patterns of its policies tell."""
    principal = current_principal()
    if not isinstance(principal, RoleSession):
        return True
    arn = f"arn:aws:s3:::{bucket}/"
    role = role_of_session(principal)
    patterns = resource_patterns(policies_of(role).identity) if role else ()
    places = {pattern if pattern.startswith(arn) else f"{arn}*" for pattern in patterns if _may_be_in(pattern, arn)}
    # A question by the policy's own patterns is no call that shows that it is needed.
    return any(
        decisions.is_allowed(principal, action, place, current_values(), is_recorded=False)
        for place in places
        for action in ("s3:GetObject", "s3:PutObject")
    )


def _may_be_in(pattern: str, arn: str) -> bool:
    fixed = re.split(r"[*?$]", pattern, maxsplit=1)[0]
    return fixed.startswith(arn) or (arn.startswith(fixed) and fixed != pattern)
