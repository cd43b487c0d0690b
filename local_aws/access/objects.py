"""What engines do with objects on somebody's behalf, by the objects' `s3://bucket/key` URLs."""

from local_aws.access.authorization import authorize
from local_aws.access.principals import RoleSession, current_principal
from local_aws.access.resource_policies import resource_policy
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
