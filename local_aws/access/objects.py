"""What engines do with objects on somebody's behalf, by the objects' `s3://bucket/key` URLs."""

from local_aws.access.authorization import authorize
from local_aws.access.principals import RoleSession, current_principal
from local_aws.storage import split_s3_url


def authorize_object(action: str, url: str) -> None:
    """Raises AccessDeniedError where who acts may not do it, such as `s3:GetObject`, with the object."""
    if isinstance(current_principal(), RoleSession):
        bucket, key = split_s3_url(url)
        authorize(action, f"arn:aws:s3:::{bucket}/{key}")


def authorize_listing(url: str) -> None:
    """Raises AccessDeniedError where who acts may not list the keys that begin as the URL's."""
    if isinstance(current_principal(), RoleSession):
        bucket, prefix = split_s3_url(url)
        authorize("s3:ListBucket", f"arn:aws:s3:::{bucket}", **{"s3:prefix": prefix})


def authorize_bucket(action: str, url: str) -> None:
    """Raises AccessDeniedError where who acts may not do it with the URL's bucket."""
    if isinstance(current_principal(), RoleSession):
        authorize(action, f"arn:aws:s3:::{split_s3_url(url)[0]}")
